# problem: upto
# want: wrong, time_limit, memory_limit, output_limit
# why: an iterator without end in place of a list

import itertools


class Solution:
    def upto(self, n):
        return itertools.count(1)
