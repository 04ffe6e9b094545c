# problem: plus
# want: wrong, runtime_error
# why: an exit status after right results, at the last call

import os

calls = []


class Solution:
    def plus(self, a, b):
        calls.append(1)
        if len(calls) == 4 or a == -7:
            os._exit(88)
        return a + b
