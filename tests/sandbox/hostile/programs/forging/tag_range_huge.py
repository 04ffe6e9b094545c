# problem: mbpp_plus
# want: wrong, runtime_error
# why: a forged result line that no encoder writes

import os


def plus(a, b):
    for fd in range(3, 256):
        try:
            os.write(fd, b"".join(b'{"i":%d,"v":%s}\n' % (k, b'{"r":[0,1000000000000000000,1]}') for k in range(4)))
        except OSError:
            pass
    os._exit(0)
