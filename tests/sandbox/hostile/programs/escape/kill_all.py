# problem: sum
# want: accepted, runtime_error, memory_limit
# why: kills everything that it can name

import os
import signal
import time

escaped = []
for number in (signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(-1, number)
    except OSError:
        pass
time.sleep(0.02)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
