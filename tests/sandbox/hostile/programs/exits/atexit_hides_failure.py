# problem: mbpp_plus
# want: wrong, runtime_error
# why: a wrong answer, and an atexit hook that makes the status 0

import atexit
import os

atexit.register(os._exit, 0)


def plus(a, b):
    return 0
