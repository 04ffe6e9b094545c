# problem: plus
# want: accepted
# why: a static method

class Solution:
    @staticmethod
    def plus(a, b):
        return a + b
