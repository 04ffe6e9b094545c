# problem: sum
# want: time_limit
# limits: wall_s=2
# why: the CPU time is used by children, the parent waits

import os

for _ in range(3):
    if os.fork() == 0:
        while True:
            pass
os.wait()
