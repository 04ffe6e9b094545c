# problem: count
# want: wrong
# why: all on one line

import sys

n = int(input())
print(*range(1, n + 1))
