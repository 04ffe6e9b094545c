# problem: sum
# want: accepted
# why: a daemon in its own session, all descriptors closed, outlives its parent

import os
import signal
import time

a, b = map(int, input().split())
print(a + b, flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.closerange(0, 1024)
    time.sleep(30)
    os._exit(0)
