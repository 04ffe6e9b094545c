# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: a child in its own session that shares the parent's terminal, group and memory, and never ends

import os
import time

child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    time.sleep(600)
os.waitpid(child, 0)
