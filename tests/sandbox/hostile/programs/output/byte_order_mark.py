# problem: sum
# want: wrong
# why: a byte order mark before the answer

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write("\ufeff".encode() + b"%d\n" % (a + b))
