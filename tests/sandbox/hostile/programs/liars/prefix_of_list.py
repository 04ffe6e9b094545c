# problem: upto
# want: wrong
# why: zip would not see that an element is missing

class Solution:
    def upto(self, n):
        return list(range(1, n))
