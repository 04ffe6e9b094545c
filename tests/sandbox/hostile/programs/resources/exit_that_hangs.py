# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: an exit hook that never returns, in a process that has nothing more to do

import atexit
import time

atexit.register(time.sleep, 600)
