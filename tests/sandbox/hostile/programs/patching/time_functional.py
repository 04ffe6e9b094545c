# problem: plus
# want: wrong, runtime_error
# why: time stands still, and sleeping does nothing

import time

time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
time.sleep = lambda seconds: None


class Solution:
    def plus(self, a, b):
        return 0
