# problem: parity_call
# want: wrong
# why: a bool where an int is expected

class Solution:
    def parity(self, n):
        return n % 2 == 1
