# problem: sum
# want: accepted
# why: clone3() keeps its flags in memory, where a filter cannot look

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
    for flags in (0x10000000, 0x10020000, 0x20000000, 0x80):
        arguments = (ctypes.c_uint64 * 11)(flags, 0, 0, 0, 17)
        child = syscall(435, arguments, ctypes.sizeof(arguments))
        if child == 0:
            os._exit(0)
        if child > 0:
            escaped.append(hex(flags))

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
