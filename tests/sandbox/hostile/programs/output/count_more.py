# problem: count
# want: wrong
# why: a line more than the output

import sys

n = int(input())
print(*range(1, n + 2), sep="\n")
