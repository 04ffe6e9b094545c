# problem: sum
# want: wrong
# why: a number of ten million digits: no comparison may read it

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"9" * 10**7 + b"\n")
