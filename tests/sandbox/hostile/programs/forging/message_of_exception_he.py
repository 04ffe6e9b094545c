# problem: he_root
# want: wrong, runtime_error, output_limit, time_limit
# why: an exception with a message of 15 MB

import os


def flood(data):
    """All of it, to the way of results."""
    for fd in range(3, 256):
        try:
            os.set_blocking(fd, True)
            left = memoryview(data)
            while left:
                left = left[os.write(fd, left) :]
        except OSError:
            pass


flood(b'{"i":0,"x":["ValueError"],"m":"' + b'x' * 15_000_000 + b'"}\n' )
os._exit(0)


def root(x):
    return 0
