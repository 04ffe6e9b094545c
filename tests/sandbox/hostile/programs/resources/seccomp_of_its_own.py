# problem: sum
# want: wrong, runtime_error, time_limit, accepted
# limits: wall_s=0.4
# why: installs a filter under which the process cannot even exit

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


import struct

a, b = map(int, input().split())
print(a + b, flush=True)
if libc is not None:
    refuse = b"".join(struct.pack("=HBBI", *x) for x in [(0x20, 0, 0, 0), (0x15, 0, 1, 231), (6, 0, 0, 0x50001), (0x15, 0, 1, 60), (6, 0, 0, 0x50001), (6, 0, 0, 0x7FFF0000)])

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]

    libc.prctl(38, 1, 0, 0, 0)
    libc.prctl(22, 2, ctypes.byref(Program(len(refuse) // 8, refuse)), 0, 0)
