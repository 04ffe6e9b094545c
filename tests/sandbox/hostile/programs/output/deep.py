# problem: upto
# want: wrong, runtime_error
# why: a list a hundred thousand levels deep

class Solution:
    def upto(self, n):
        x = []
        for _ in range(100_000):
            x = [x]
        return x
