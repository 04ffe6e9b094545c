# problem: he_plus
# want: wrong, runtime_error
# why: exit status 0 with no clean-up, before anything is tested

import os


def plus(a, b):
    return 0


os._exit(0)
