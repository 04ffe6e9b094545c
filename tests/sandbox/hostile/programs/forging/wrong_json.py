# problem: plus
# want: wrong, runtime_error
# why: JSON of each kind where an object should be

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
        everywhere(b'1\n"x"\nnull\n[]\n{}\n{"i":null}\n{"v":1}\nNaN\n-Infinity\n1e999999\n{"i":0,"i":1,"v":5,"v":6}\n' )
        os._exit(0)
