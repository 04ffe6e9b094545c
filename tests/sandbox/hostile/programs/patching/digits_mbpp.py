# problem: mbpp_plus
# want: wrong, runtime_error
# why: numbers can no longer be written

import sys

sys.set_int_max_str_digits(640)
sys.setswitchinterval(1000)


def plus(a, b):
    return 0
