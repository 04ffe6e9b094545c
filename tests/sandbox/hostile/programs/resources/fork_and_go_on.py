# problem: plus
# want: wrong, runtime_error
# why: every process goes on with the driver: each result comes twice

import os


class Solution:
    def plus(self, a, b):
        os.fork()
        return 0
