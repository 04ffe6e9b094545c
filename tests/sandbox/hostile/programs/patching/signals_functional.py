# problem: plus
# want: wrong, runtime_error
# why: each signal has a handler that exits with status 0

import os
import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, lambda *x: os._exit(0))
    except (OSError, ValueError):
        pass


class Solution:
    def plus(self, a, b):
        return 0
