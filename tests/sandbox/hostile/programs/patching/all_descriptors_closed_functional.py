# problem: plus
# want: wrong, runtime_error
# why: every descriptor is closed in the call

import os


class Solution:
    def plus(self, a, b):
        os.closerange(0, 65536)
        return a + b
