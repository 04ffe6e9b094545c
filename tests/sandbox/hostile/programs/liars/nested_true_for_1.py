# problem: upto
# want: wrong
# why: a bool where an int is expected, in a list

class Solution:
    def upto(self, n):
        return [True, *range(2, n + 1)]
