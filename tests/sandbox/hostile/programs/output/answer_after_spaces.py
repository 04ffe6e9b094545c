# problem: sum
# want: wrong
# why: the answer is not at the beginning of its line

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"  %d\n" % (a + b))
