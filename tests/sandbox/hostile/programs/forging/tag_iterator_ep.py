# problem: ep_mean
# want: wrong, runtime_error
# why: a forged result line that no encoder writes, for tests with a tolerance

import os


def mean(xs):
    for fd in range(3, 256):
        try:
            os.write(fd, b"".join(b'{"i":%d,"v":%s}\n' % (k, b'{"I":[1,2,3]}') for k in range(4)))
        except OSError:
            pass
    os._exit(0)
