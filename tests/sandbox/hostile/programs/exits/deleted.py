# problem: plus
# want: wrong, runtime_error
# why: the result's death ends the process

import os


class Solution:
    def __del__(self):
        os._exit(0)

    def plus(self, a, b):
        return 0
