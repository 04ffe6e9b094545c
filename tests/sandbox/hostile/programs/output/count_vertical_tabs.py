# problem: count
# want: wrong
# why: what str.splitlines takes for line ends, and nobody else

import sys

n = int(input())
print(*range(1, n + 1), sep="\x0b")
