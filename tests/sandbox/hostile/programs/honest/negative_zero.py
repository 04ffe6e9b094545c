# problem: plus
# want: accepted
# why: -0.0 is 0 by value

class Solution:
    def plus(self, a, b):
        return float(a + b) or -0.0
