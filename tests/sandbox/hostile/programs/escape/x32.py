# problem: sum
# want: accepted, runtime_error
# why: the x32 numbers of calls that are forbidden

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
for number in (41, 42, 53, 56, 57, 59, 101, 165, 272, 310, 321, 425, 514, 515, 520, 521, 522, 539, 540):
    if syscall(0x40000000 | number, 1, 1, 0, 0, 0, 0) >= 0:
        escaped.append(number)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
