# problem: plus
# want: wrong
# why: infinity is not the sum

class Solution:
    def plus(self, a, b):
        return float("inf")
