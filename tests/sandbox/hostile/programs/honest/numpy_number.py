# problem: plus
# want: accepted
# limits: memory_mb=512
# why: an int64 is a number

try:
    from numpy import int64
except ImportError:
    int64 = int


class Solution:
    def plus(self, a, b):
        return int64(a + b)
