# problem: plus
# want: wrong, runtime_error
# why: a clean exit before anything is tested

import sys


class Solution:
    def plus(self, a, b):
        return 0


sys.exit(0)
