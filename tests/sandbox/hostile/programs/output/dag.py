# problem: upto
# want: wrong, runtime_error, time_limit, memory_limit, output_limit
# why: forty lists that are a tree of 2 ** 40 when written out

class Solution:
    def upto(self, n):
        x = [1]
        for _ in range(40):
            x = [x, x]
        return x
