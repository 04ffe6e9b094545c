# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: a byte now and then, for ever: who waits for silence waits for ever

import os
import time

while True:
    os.write(1, b'.')
    time.sleep(0.01)
