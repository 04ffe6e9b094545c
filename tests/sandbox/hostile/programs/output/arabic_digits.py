# problem: sum
# want: wrong
# why: int() would take digits of other scripts

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(str(a + b).translate({48 + k: 0x660 + k for k in range(10)}).encode() + b"\n")
