# problem: sum
# want: wrong, accepted
# why: an empty line before the answer: a count of lines sees it, a comparison that trims both ends does not

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"\n%d\n" % (a + b))
