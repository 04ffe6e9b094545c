# problem: sum
# want: runtime_error, time_limit, accepted
# why: a thousand timers and a signal every microsecond

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


import signal
import time

a, b = map(int, input().split())
print(a + b, flush=True)
if libc is not None:
    for _ in range(1000):
        syscall(222, 0, 0, ctypes.byref(ctypes.c_int()))  # timer_create
signal.signal(signal.SIGALRM, lambda *x: None)
signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
until = time.monotonic() + 0.1
while time.monotonic() < until:
    pass
