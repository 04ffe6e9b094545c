# problem: mbpp_plus
# want: wrong, runtime_error
# why: a recursion limit at which nothing more can be called

import sys

depth, frame = 0, sys._getframe()
while frame:
    depth, frame = depth + 1, frame.f_back
sys.setrecursionlimit(depth + 5)


def plus(a, b):
    return 0
