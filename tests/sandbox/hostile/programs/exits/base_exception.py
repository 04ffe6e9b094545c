# problem: plus
# want: wrong, runtime_error
# why: an exception that is no Exception

class Out(BaseException):
    pass


class Solution:
    def plus(self, a, b):
        raise Out
