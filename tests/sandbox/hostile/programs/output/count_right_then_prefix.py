# problem: count
# want: wrong
# why: everything for small inputs, a prefix for large ones

import sys

n = int(input())
print(*range(1, min(n, 5) + 1), sep="\n")
