# problem: sum
# want: wrong
# why: invalid UTF-8

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"\xff\xfe\x80%d\xc3\n" % (a + b))
