# problem: sum
# want: accepted
# why: new namespaces give privileges to attack the kernel with

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
    ('user', 272, (0x10000000,)),
    ('mount', 272, (0x20000,)),
    ('pid', 272, (0x20000000,)),
    ('net', 272, (0x40000000,)),
    ('ipc', 272, (0x8000000,)),
    ('uts', 272, (0x4000000,)),
    ('cgroup', 272, (0x2000000,)),
    ('time', 272, (0x80,)),
    ('all', 272, (0x7e020080,)),
):
    if syscall(number, *arguments) >= 0:
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
