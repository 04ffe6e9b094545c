# problem: plus
# want: output_limit, wrong
# why: a gigabyte on each descriptor that is none of the standard ones

import os


class Solution:
    def plus(self, a, b):
        data = b'x' * (1 << 20)
        for fd in range(3, 64):
            try:
                os.fstat(fd)
                for _ in range(1024):
                    os.write(fd, data)
            except OSError:
                pass
        return 0
