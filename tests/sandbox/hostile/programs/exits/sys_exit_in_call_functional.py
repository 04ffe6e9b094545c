# problem: plus
# want: wrong, runtime_error
# why: a clean exit in the first call

import sys


class Solution:
    def plus(self, a, b):
        sys.exit(0)
