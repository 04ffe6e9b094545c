# problem: ep_plus
# want: wrong, runtime_error
# why: a clean exit before anything is tested

import sys


def plus(a, b):
    return 0


sys.exit(0)
