# problem: plus
# want: output_limit
# why: a gigabyte on stdout from a call that would be right

import os


class Solution:
    def plus(self, a, b):
        for _ in range(1024):
            os.write(1, b'x' * (1 << 20))
        return a + b
