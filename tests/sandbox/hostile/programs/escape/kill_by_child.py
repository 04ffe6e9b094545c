# problem: sum
# want: accepted, runtime_error, memory_limit, time_limit
# limits: wall_s=0.4
# why: a child kills all but itself: its parent, and whoever watches

import os
import signal

escaped = []
if os.fork() == 0:
    for number in (signal.SIGSTOP, signal.SIGKILL):
        try:
            os.kill(-1, number)
        except OSError:
            pass
    os._exit(0)
try:
    os.wait()
except OSError:
    pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
