# problem: plus
# want: wrong
# why: text that would be the answer if anybody evaluated it

class Solution:
    def plus(self, a, b):
        return '{"v": %d}' % (a + b)
