# problem: sum
# want: accepted, memory_limit
# why: a dozen children take 100 MB each: no process alone is over its limit

import os

import time

out, into = os.pipe()
for _ in range(12):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        try:
            data = b"x" * (100 << 20)
            os.write(into, b"x")
            time.sleep(30)
        finally:
            os._exit(0)
taken, until = 0, time.monotonic() + 1.5
os.set_blocking(out, False)
while time.monotonic() < until and taken < 12:
    time.sleep(0.02)
    try:
        taken += len(os.read(out, 64))
    except BlockingIOError:
        pass
escaped = [taken, "times 100 MB"] if taken >= 6 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
