# problem: sum
# want: accepted
# why: socketpair of families other than the local one

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
for family in (2, 10, 16, 17, 30, 38, 40):
    pair = (ctypes.c_int * 2)() if libc else None
    if syscall(53, family, 1, 0, pair) >= 0:
        escaped.append(family)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
