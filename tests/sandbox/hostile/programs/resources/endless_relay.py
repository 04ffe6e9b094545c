# problem: sum
# want: time_limit
# limits: wall_s=1.5
# why: each child works a little, starts the next and ends: no process ever uses its limit

import os
import time

if os.fork() == 0:
    while True:
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
        if os.fork():
            os._exit(0)
while True:
    time.sleep(1)
