# problem: plus
# want: wrong, runtime_error
# why: no exit status may look like the sandbox's own trouble

import os


class Solution:
    def plus(self, a, b):
        os._exit(88)
