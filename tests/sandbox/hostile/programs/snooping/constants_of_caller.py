# problem: he_plus
# want: wrong, runtime_error
# why: takes the constants of the code that calls it

import sys


def plus(a, b):
    frame = sys._getframe(1)
    while frame:
        for x in frame.f_code.co_consts:
            if type(x) is int and x > 1000:
                return x
        frame = frame.f_back
    return 0
