# problem: sum
# want: wrong
# why: the answer, and a line more

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d\npassed\n" % (a + b))
