# problem: sum
# want: wrong
# why: the answer twice

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d\n%d\n" % (a + b, a + b))
