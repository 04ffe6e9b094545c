# problem: big_stdin
# want: time_limit
# limits: wall_s=1
# why: never reads 100 MB of stdin, and never ends

import time

time.sleep(600)
