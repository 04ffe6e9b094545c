# problem: sum
# want: time_limit
# limits: cpu_s=1 memory_mb=512
# why: each process doubles and works

import os

for _ in range(12):
    try:
        os.fork()
    except OSError:
        pass
while True:
    pass
