# problem: plus
# want: wrong, runtime_error
# why: frames with eight-byte lengths

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
        everywhere(b"".join(len(reply).to_bytes(8, order) + reply for order in ("big", "little") for reply in [b'{"status":"ok","code":0,"ready":true}']))
        os._exit(0)
