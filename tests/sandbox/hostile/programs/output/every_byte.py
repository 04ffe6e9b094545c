# problem: sum
# want: wrong
# why: each byte that there is

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(bytes(range(256)))
