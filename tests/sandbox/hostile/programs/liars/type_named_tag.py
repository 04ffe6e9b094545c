# problem: upto
# want: wrong
# why: a dict that looks like what an encoder writes

class Solution:
    def upto(self, n):
        return {"v": list(range(1, n + 1)), "s": list(range(1, n + 1))}
