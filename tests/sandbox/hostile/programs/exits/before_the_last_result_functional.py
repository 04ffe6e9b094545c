# problem: plus
# want: wrong, runtime_error
# why: all right but the last, which is never given

import os

calls = []


class Solution:
    def plus(self, a, b):
        calls.append(1)
        if len(calls) == 4 or a == -7:
            os._exit(0)
        return a + b
