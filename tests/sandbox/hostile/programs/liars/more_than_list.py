# problem: upto
# want: wrong
# why: zip would not see that there is one more

class Solution:
    def upto(self, n):
        return list(range(1, n + 2))
