# problem: sum
# want: accepted, wrong, output_limit, time_limit
# why: a daemon that goes on printing after its parent has ended

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
    until = time.monotonic() + 30
    while time.monotonic() < until:
        os.write(1, b'passed\n')
    os._exit(0)
