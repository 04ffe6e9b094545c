# problem: upto
# want: wrong
# why: a generator of the wrong things

class Solution:
    def upto(self, n):
        return (x for x in range(n))
