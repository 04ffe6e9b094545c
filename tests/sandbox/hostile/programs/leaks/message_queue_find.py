# problem: sum
# want: accepted
# after: leaks/message_queue_plant
# why: the next job finds nothing of message_queue_plant

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
if syscall(240, b"armature_plant", 0, 0, 0) >= 0:
    escaped.append("queue")
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
