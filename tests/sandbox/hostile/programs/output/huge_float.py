# problem: plus
# want: wrong, runtime_error
# why: an int that no float can hold

class Solution:
    def plus(self, a, b):
        return 10**400
