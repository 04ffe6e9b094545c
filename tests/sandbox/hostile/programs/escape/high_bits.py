# problem: sum
# want: accepted
# why: forbidden numbers and arguments with bits set above the 32nd

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
if libc:
    for number in (41, 59, 101, 165, 272, 425):
        if libc.syscall(ctypes.c_ulong(1 << 32 | number), ctypes.c_ulong(1 << 32 | 1), ctypes.c_ulong(1 << 32 | 1), ctypes.c_ulong(0)) >= 0:
            escaped.append(number)
    if libc.syscall(ctypes.c_long(53), ctypes.c_ulong(1 << 32 | 2), ctypes.c_long(1), ctypes.c_long(0), (ctypes.c_int * 2)()) >= 0:
        escaped.append("socketpair")
    child = libc.syscall(ctypes.c_long(56), ctypes.c_ulong(1 << 40 | 0x10000000 | 17), ctypes.c_long(0), ctypes.c_long(0), ctypes.c_long(0), ctypes.c_long(0))
    if child == 0:
        os._exit(0)
    if child > 0:
        escaped.append("clone")

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
