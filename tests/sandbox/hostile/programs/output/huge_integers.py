# problem: upto
# want: wrong, runtime_error, time_limit, output_limit
# why: many integers of five thousand digits

class Solution:
    def upto(self, n):
        return [10**5000 + k for k in range(500)]
