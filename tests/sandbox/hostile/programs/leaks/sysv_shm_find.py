# problem: sum
# want: accepted
# after: leaks/sysv_shm_plant
# why: the next job finds nothing of sysv_shm_plant

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
if syscall(29, 4280909, 0, 0) >= 0:
    escaped.append("segment")
for index in range(64):
    buffer = ctypes.create_string_buffer(256) if libc else None
    if syscall(31, index, 13, buffer) >= 0 and any(buffer.raw[48:56]):  # shmctl, SHM_STAT
        escaped.append(index)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
