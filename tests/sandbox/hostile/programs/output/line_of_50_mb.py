# problem: sum
# want: wrong
# limits: output_bytes=67108864 memory_mb=256
# why: one line of 50 MB, within its limit

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"x" * (50 << 20))
