# problem: sum
# want: accepted, memory_limit
# why: pipes are memory of the kernel

import fcntl
import os

taken = 0
try:
    while taken < 600 << 20:
        out, into = os.pipe()
        try:
            fcntl.fcntl(into, 1031, 1 << 20)  # F_SETPIPE_SZ
        except OSError:
            pass
        os.set_blocking(into, False)
        try:
            while True:
                taken += os.write(into, b"x" * (1 << 16))
        except BlockingIOError:
            pass
except OSError:
    pass
escaped = [taken >> 20, "MB in pipes"] if taken >= 512 << 20 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
