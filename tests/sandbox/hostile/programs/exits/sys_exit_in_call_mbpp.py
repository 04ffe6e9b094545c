# problem: mbpp_plus
# want: wrong, runtime_error
# why: a clean exit in the first call

import sys


def plus(a, b):
    sys.exit(0)
