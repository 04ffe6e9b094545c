# problem: plus
# want: wrong, runtime_error
# why: forged results before the driver's own

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
        everywhere(b"".join(b'{"i":%d,"v":5}\n' % k for k in range(4)))
        return 0
