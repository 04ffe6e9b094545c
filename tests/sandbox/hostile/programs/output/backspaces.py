# problem: sum
# want: wrong
# why: a wrong answer that a terminal shows as the right one

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"7\b%d\n" % (a + b))
