# problem: sum
# want: wrong
# why: no output

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"")
