# problem: sum
# want: accepted
# why: userfaultfd stops the kernel where an exploit needs it

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
for name, number, arguments in (
    ('userfaultfd', 323, (0,)),
    ('userfaultfd user mode', 323, (1,)),
    ('userfaultfd flags', 323, (0x80801,)),
):
    if syscall(number, *arguments) >= 0:
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
