# problem: sum
# want: accepted
# after: leaks/sysv_messages_plant
# why: the next job finds nothing of sysv_messages_plant

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
queue = syscall(68, 4280909, 0)
if queue >= 0:
    escaped.append("queue")
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
