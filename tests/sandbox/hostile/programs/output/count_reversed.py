# problem: count
# want: wrong
# why: the right lines in the wrong order

import sys

n = int(input())
print(*range(n, 0, -1), sep="\n")
