# problem: plus
# want: accepted
# why: 5.0 is 5 by value

class Solution:
    def plus(self, a, b):
        return float(a + b)
