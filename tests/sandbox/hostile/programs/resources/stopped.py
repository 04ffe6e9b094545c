# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: stops itself, so that it never ends and never runs

import os
import signal
import time

os.kill(os.getpid(), signal.SIGSTOP)
time.sleep(600)
