# problem: sum
# want: accepted, output_limit, wrong
# why: a daemon floods stdout after the right answer

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
    for _ in range(1024):
        os.write(1, b' ' * (1 << 20))
    os._exit(0)
