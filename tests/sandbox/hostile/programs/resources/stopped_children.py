# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: stops all its children and waits for them

import os
import signal

for _ in range(5):
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        signal.pause()
os.wait()
