# problem: sum
# want: accepted, memory_limit
# why: children that take 60 MB of shared memory each

import mmap
import os
import time

out, into = os.pipe()
for _ in range(16):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        try:
            area = mmap.mmap(-1, 60 << 20)
            for _ in range(60):
                area.write(b"x" * (1 << 20))
            os.write(into, b"x")
            time.sleep(30)
        finally:
            os._exit(0)
taken, until = 0, time.monotonic() + 1.5
os.set_blocking(out, False)
while time.monotonic() < until and taken < 16:
    time.sleep(0.02)
    try:
        taken += len(os.read(out, 64))
    except BlockingIOError:
        pass
escaped = [taken, "times 60 MB shared"] if taken >= 10 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
