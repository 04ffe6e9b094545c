# problem: sum
# want: time_limit
# limits: wall_s=2
# why: each process doubles and works

import os

for _ in range(12):
    try:
        os.fork()
    except OSError:
        pass
while True:
    pass
