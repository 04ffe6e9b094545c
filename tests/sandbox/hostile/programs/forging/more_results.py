# problem: plus
# want: wrong, runtime_error
# why: more results than calls

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
        everywhere(b"".join(b'{"i":%d,"v":0}\n' % k for k in range(9)))
        return 0
