# problem: plus
# want: wrong
# why: the text of the answer is not the answer

class Solution:
    def plus(self, a, b):
        return str(a + b)
