# problem: plus
# want: wrong, runtime_error
# why: exit status 0 in the first call

import os


class Solution:
    def plus(self, a, b):
        os._exit(0)
