# problem: sum
# want: wrong
# why: the answer, overwritten by another after a carriage return

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d\r7\n" % (a + b))
