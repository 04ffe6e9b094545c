# problem: sum
# want: accepted
# why: kills every process number but its own

import os
import signal

escaped = []
for pid in range(1, 5000):
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGKILL)
            escaped.append(pid)
        except OSError:
            pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
