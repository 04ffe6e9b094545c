# problem: sum
# want: wrong
# why: +5 is not 5 as text

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%+d\n" % (a + b))
