# problem: plus
# want: wrong, runtime_error, output_limit, time_limit
# why: 15 MB of empty lists

import os


def flood(data):
    """All of it, to the way of results."""
    for fd in range(3, 256):
        try:
            os.set_blocking(fd, True)
            left = memoryview(data)
            while left:
                left = left[os.write(fd, left) :]
        except OSError:
            pass


flood(b'{"i":0,"v":[' + b'[],' * 5_000_000 + b'0]}\n' )
os._exit(0)


class Solution:
    def plus(self, a, b):
        return 0
