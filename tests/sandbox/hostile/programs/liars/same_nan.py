# problem: upto
# want: wrong
# why: a list with nan at each place

NAN = float("nan")


class Solution:
    def upto(self, n):
        return [NAN] * n
