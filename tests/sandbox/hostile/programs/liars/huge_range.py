# problem: upto
# want: wrong
# why: a range that nobody must ever write out

class Solution:
    def upto(self, n):
        return range(1, 10**18)
