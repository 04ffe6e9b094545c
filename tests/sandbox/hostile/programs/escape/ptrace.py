# problem: sum
# want: accepted
# why: attaches to, seizes and reads other processes

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
for pid in {1, os.getppid(), *range(2, 40)} - {0, os.getpid()}:
    for request in (16, 0x4206, 1):  # ATTACH, SEIZE, PEEKTEXT
        if syscall(101, request, pid, 0, 0) >= 0:
            escaped.append((pid, request))
if syscall(101, 0, 0, 0, 0) >= 0:  # TRACEME
    escaped.append("traceme")

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
