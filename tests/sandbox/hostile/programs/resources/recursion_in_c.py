# problem: sum
# want: runtime_error, memory_limit, time_limit
# why: recursion through C: the stack ends, and the process with it

import sys

sys.setrecursionlimit(2**31 - 1)


class A:
    def __repr__(self):
        return repr([self])


repr(A())
