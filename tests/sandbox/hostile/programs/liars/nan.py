# problem: plus
# want: wrong
# why: nan equals nothing, whatever a sloppy comparison says

class Solution:
    def plus(self, a, b):
        return float("nan")
