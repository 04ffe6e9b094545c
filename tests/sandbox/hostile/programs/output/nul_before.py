# problem: sum
# want: wrong
# why: a NUL before the answer

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"\x00%d\n" % (a + b))
