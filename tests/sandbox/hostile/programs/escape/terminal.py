# problem: sum
# want: accepted
# why: types into the terminal of whoever started the sandbox

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
import fcntl

for fd in range(64):
    if os.isatty(fd):
        escaped.append(("terminal", fd))
    try:
        fcntl.ioctl(fd, 0x5412, b"#")  # TIOCSTI
        escaped.append(("typed", fd))
    except OSError:
        pass
    try:
        fcntl.ioctl(fd, 0x540E, 0)  # TIOCSCTTY
        escaped.append(("control", fd))
    except OSError:
        pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
