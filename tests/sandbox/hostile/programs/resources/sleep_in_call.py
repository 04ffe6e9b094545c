# problem: mbpp_plus
# want: time_limit
# limits: wall_s=0.4
# why: sleeps in a call

import time


def plus(a, b):
    time.sleep(600)
