# problem: sum
# want: accepted
# why: System V shared memory lives until somebody removes it

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
segment = syscall(29, 4280909, 65536, 0o1666)  # shmget, IPC_CREAT
if segment >= 0:
    libc.shmat.restype = ctypes.c_void_p
    place = libc.shmat(segment, None, 0)
    if place not in (None, ctypes.c_void_p(-1).value):
        ctypes.memmove(place, b"armature_plant", 14)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
