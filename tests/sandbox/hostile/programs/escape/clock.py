# problem: sum
# want: accepted
# why: the clock of the machine

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
buffer = ctypes.create_string_buffer(4096) if libc else None
import time

now = (ctypes.c_long * 2)(int(time.time()), 0) if libc else None
if libc:
    buffer[0:4] = b'\x01\0\0\0'  # set the offset to 0
for name, number, arguments in (
    ('settimeofday', 164, (now, 0)),
    ('clock_settime', 227, (0, now)),
    ('adjtimex', 159, (buffer,)),
    ('clock_adjtime', 305, (0, buffer)),
):
    if syscall(number, *arguments) >= 0:
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
