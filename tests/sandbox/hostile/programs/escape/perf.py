# problem: sum
# want: accepted
# why: performance counters see addresses of the kernel and of others

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
if libc:
    buffer[0:8] = b'\x01\0\0\0\x70\0\0\0'
for name, number, arguments in (
    ('perf_event_open software', 298, (buffer, 0, -1, -1, 0)),
    ('perf_event_open of pid 1', 298, (buffer, 1, -1, -1, 0)),
):
    if syscall(number, *arguments) >= 0:
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
