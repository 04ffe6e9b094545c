# problem: sum
# want: accepted
# why: kills its parent

import os
import signal
import time

escaped = []
parent = os.getppid()
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGUSR1):
    if parent > 0:
        try:
            os.kill(parent, number)
            escaped.append(number)
        except OSError:
            pass
time.sleep(0.02)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
