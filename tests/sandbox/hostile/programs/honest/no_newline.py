# problem: sum
# want: accepted
# why: no line end after the last line

import sys

a, b = map(int, input().split())
sys.stdout.write(str(a + b))
