# problem: count
# want: wrong
# why: all lines but the last: zip would not see it

import sys

n = int(input())
print(*range(1, n), sep="\n")
