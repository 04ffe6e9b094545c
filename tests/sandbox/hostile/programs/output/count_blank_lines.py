# problem: count
# want: wrong
# why: an empty line between any two

import sys

n = int(input())
print(*range(1, n + 1), sep="\n\n")
