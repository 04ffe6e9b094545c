# problem: plus
# want: time_limit, wrong, runtime_error, output_limit
# limits: wall_s=2
# why: each process doubles in a call, and all of them return

import os


class Solution:
    def plus(self, a, b):
        for _ in range(12):
            try:
                os.fork()
            except OSError:
                pass
        return 0
