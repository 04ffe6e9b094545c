# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: sleeps instead of working

import time

time.sleep(600)
