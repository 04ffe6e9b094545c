# problem: plus
# want: wrong, runtime_error
# why: an exception whose str, repr and traceback lie or raise

class Liar(Exception):
    __str__ = __repr__ = lambda self: "5"
    __traceback__ = property(lambda self: 1 / 0)
    __cause__ = property(lambda self: self)
    __context__ = __cause__


class Solution:
    def plus(self, a, b):
        raise Liar
