# problem: upto
# want: wrong, runtime_error, memory_limit
# why: deep nesting where recursion has no limit: the C stack ends

import sys

sys.setrecursionlimit(10**9)


class Solution:
    def upto(self, n):
        x = ()
        for _ in range(1_000_000):
            x = (x,)
        return x
