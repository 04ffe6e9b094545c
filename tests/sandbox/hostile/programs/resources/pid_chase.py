# problem: sum
# want: accepted, time_limit, runtime_error
# limits: wall_s=2
# why: after the right answer each process forks and ends, so that its number is always a new one

import os

a, b = map(int, input().split())
print(a + b, flush=True)
if os.fork():
    os._exit(0)
os.setsid()
for _ in range(20_000):
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        pass
