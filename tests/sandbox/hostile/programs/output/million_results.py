# problem: upto
# want: wrong, output_limit, memory_limit, time_limit
# why: far more elements than asked for

class Solution:
    def upto(self, n):
        return list(range(3_000_000))
