# problem: sum
# want: accepted
# why: a daemon that looks for the next job: it writes to /tmp again and again, and kills whom it may

escaped = []
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
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            open("/tmp/armature_plant", "w").close()
        except OSError:
            pass
        time.sleep(0.005)
    os._exit(0)
os._exit(0)
