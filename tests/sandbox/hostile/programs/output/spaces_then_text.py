# problem: sum
# want: wrong
# why: a million spaces and a letter: no comparison may be quadratic

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d" % (a + b) + b" " * 10**6 + b"x\n")
