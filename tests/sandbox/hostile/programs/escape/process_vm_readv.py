# problem: sum
# want: accepted
# why: reads and writes the memory of other processes

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
if libc:
    here = ctypes.create_string_buffer(64)

    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    for pid in {1, os.getppid(), *range(2, 40)} - {0, os.getpid()}:
        local, remote = Vector(ctypes.addressof(here), 64), Vector(ctypes.addressof(here), 64)
        for number in (310, 311):  # a fork has the same addresses
            if syscall(number, pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) >= 0:
                escaped.append((pid, number))

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
