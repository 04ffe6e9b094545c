# problem: plus
# want: accepted
# why: prints in the call

class Solution:
    def plus(self, a, b):
        print('debug', a, b)
        return a + b
