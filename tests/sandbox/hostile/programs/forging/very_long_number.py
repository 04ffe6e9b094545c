# problem: plus
# want: wrong, runtime_error, output_limit
# why: a number of eight million digits, written to the private descriptor in pieces

import os


def everywhere(data):
    """To each descriptor that takes it."""
    for fd in range(256):
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass


def flood(data):
    for fd in range(3, 256):
        try:
            os.set_blocking(fd, True)
            left = memoryview(data)
            while left:
                left = left[os.write(fd, left) :]
        except OSError:
            pass


flood(b'{"i":0,"v":' + b"7" * (8 << 20) + b"}\n")


class Solution:
    def plus(self, a, b):
        everywhere(b"")
        os._exit(0)
