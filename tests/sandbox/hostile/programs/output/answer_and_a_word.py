# problem: sum
# want: wrong
# why: the answer, and a word more on its line

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d ok\n" % (a + b))
