# problem: sum
# want: accepted
# after: leaks/daemon_plant
# why: the next job finds nothing of daemon_plant

import os
import time

escaped = []
for _ in range(10):
    time.sleep(0.01)
    escaped += os.listdir("/tmp")
for pid in range(2, 400):
    if pid not in (os.getpid(), os.getppid()):
        try:
            os.kill(pid, 0)
            escaped.append(pid)
        except ProcessLookupError:
            pass
        except PermissionError:
            pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
