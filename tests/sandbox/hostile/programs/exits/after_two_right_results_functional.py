# problem: plus
# want: wrong, runtime_error
# why: right twice, then exit status 0

import os

calls = []


class Solution:
    def plus(self, a, b):
        calls.append(1)
        if len(calls) > 2 or a == 1000:
            os._exit(0)
        return a + b
