# problem: big_stdin
# want: memory_limit
# limits: memory_mb=64
# why: reads 100 MB of stdin into less memory

import sys

data = sys.stdin.buffer.read()
print(7)
