# problem: plus
# want: wrong, runtime_error
# why: results in another order, with huge, negative and strange numbers

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
        everywhere(b'{"i":3,"v":5}\n{"i":-1,"v":5}\n{"i":true,"v":5}\n{"i":1e400,"v":5}\n{"i":"0","v":5}\n{"i":99999999999999999999,"v":5}\n' )
        os._exit(0)
