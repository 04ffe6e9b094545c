# problem: plus
# want: wrong, runtime_error
# why: JSON so deep that a decoder's stack ends

import os


def everywhere(data):
    """To each descriptor that takes it."""
    for fd in range(256):
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass


class Solution:
    def plus(self, a, b):
        everywhere(b"".join(b'{"i":%d,"v":' % k + b"[" * 20000 + b"]" * 20000 + b"}\n" for k in range(4)))
        os._exit(0)
