# problem: sum
# want: accepted
# why: kills pid 1, where a supervisor may be

import os
import signal
import time

escaped = []
for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV, signal.SIGQUIT):
    if os.getpid() != 1:
        try:
            os.kill(1, number)
            escaped.append(number)
        except OSError:
            pass
time.sleep(0.02)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
