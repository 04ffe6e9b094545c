# problem: sum
# want: time_limit
# limits: wall_s=1 memory_mb=512
# why: each process doubles, twelve times: four thousand if nobody stops it

import os
import time

for _ in range(12):
    try:
        os.fork()
    except OSError:
        pass
time.sleep(30)
