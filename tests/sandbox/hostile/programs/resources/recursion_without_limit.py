# problem: sum
# want: runtime_error, memory_limit, time_limit
# why: recursion without end, and without Python's limit

import sys

sys.setrecursionlimit(2**31 - 1)


def f():
    return f()


f()
