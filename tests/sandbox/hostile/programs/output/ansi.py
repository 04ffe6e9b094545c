# problem: sum
# want: wrong
# why: the answer in colour, and a screen that is cleared

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"\x1b[2J\x1b[32m%d\x1b[0m\n" % (a + b))
