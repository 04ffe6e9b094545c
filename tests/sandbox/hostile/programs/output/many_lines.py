# problem: sum
# want: wrong
# why: a million empty lines, then a letter

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d" % (a + b) + b"\n" * 10**6 + b"x")
