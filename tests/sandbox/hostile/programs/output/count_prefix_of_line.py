# problem: count
# want: wrong
# why: the last line is cut

import sys

n = int(input())
print(*range(1, n), str(n)[:-1], sep="\n")
