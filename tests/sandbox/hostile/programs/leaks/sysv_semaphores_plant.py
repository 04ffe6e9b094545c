# problem: sum
# want: accepted
# why: System V semaphores live until somebody removes them

import os

try:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
except (ImportError, OSError):
    libc = None


def syscall(number, *arguments):
    """What the kernel answers; -1 where there is no way to ask."""
    if libc is None:
        return -1
    return libc.syscall(ctypes.c_long(number), *(ctypes.c_long(x) if isinstance(x, int) else x for x in arguments))


escaped = []
syscall(64, 4280909, 3, 0o1666)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
