# problem: sum
# want: accepted
# why: a POSIX message queue keeps messages

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
queue = syscall(240, b"armature_plant", 0o102, 0o666, 0)  # mq_open
if queue >= 0:
    syscall(242, queue, b"armature_plant", 14, 0, 0)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
