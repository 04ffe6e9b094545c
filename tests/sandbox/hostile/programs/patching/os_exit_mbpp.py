# problem: mbpp_plus
# want: wrong, runtime_error
# why: os._exit and sys.exit never exit, or exit with status 0

import os
import sys

leave = os._exit
os._exit = lambda status: leave(0)
sys.exit = lambda *x: leave(0)
os.abort = os.kill = lambda *x: leave(0)


def plus(a, b):
    return 0
