# problem: upto
# want: wrong, runtime_error
# why: a list that contains itself

class Solution:
    def upto(self, n):
        x = []
        x.append(x)
        return x
