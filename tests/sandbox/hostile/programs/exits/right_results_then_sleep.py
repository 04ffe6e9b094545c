# problem: plus
# want: time_limit
# limits: wall_s=0.4
# why: all results right, and the process never ends

import atexit
import time

atexit.register(time.sleep, 600)


class Solution:
    def plus(self, a, b):
        return a + b
