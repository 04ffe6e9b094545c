# problem: sum
# want: wrong
# why: 5.0 is not 5 where no tolerance is asked for

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d.0\n" % (a + b))
