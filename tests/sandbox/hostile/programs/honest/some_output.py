# problem: sum
# want: accepted
# why: a megabyte on stderr

import sys

a, b = map(int, input().split())
sys.stderr.write('x' * (1 << 20))
print(a + b)
