# problem: plus
# want: wrong, runtime_error, time_limit
# why: an integer of thirty million bits: writing it in decimal takes for ever

class Solution:
    def plus(self, a, b):
        return 1 << 30_000_000
