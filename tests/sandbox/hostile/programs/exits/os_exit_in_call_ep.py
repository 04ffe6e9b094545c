# problem: ep_plus
# want: wrong, runtime_error
# why: exit status 0 in the first call

import os


def plus(a, b):
    os._exit(0)
