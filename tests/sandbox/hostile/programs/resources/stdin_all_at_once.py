# problem: big_stdin
# want: memory_limit
# limits: memory_mb=64 cpu_s=4 wall_s=20
# why: reads 100 MB of stdin into less memory

import sys

data = sys.stdin.buffer.read()
print(7)
