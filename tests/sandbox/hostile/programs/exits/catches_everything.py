# problem: plus
# want: wrong
# why: no exception of a grader can get out of this call

class Solution:
    def plus(self, a, b):
        try:
            return a - b - 1
        except BaseException:
            return 0
        finally:
            return None
