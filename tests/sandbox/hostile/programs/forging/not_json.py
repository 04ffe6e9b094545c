# problem: plus
# want: wrong, runtime_error
# why: no JSON at all: NUL, invalid UTF-8, ANSI, CR

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
        everywhere(b"\x00\xff\xfe\x80\x1b[2J\r{\r\n\n\n\xed\xa0\x80\n[[[\n")
        os._exit(0)
