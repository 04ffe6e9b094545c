# problem: sum
# want: accepted
# why: asks to live on when its parent dies, in a new session, as a sub-reaper

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
for option, value in ((1, 0), (36, 1), (4, 0), (4, 1)):
    syscall(157, option, value, 0, 0, 0)
if os.fork() == 0:
    try:
        os.setsid()
    except OSError:
        pass
    syscall(157, 1, 0, 0, 0, 0)
    import time

    time.sleep(30)
    os._exit(0)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
