# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: reads a pipe that nobody writes to

import os

out, into = os.pipe()
os.read(out, 1)
