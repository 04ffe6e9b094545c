# problem: count
# want: wrong
# why: the right output, on stderr

import sys

n = int(input())
print(*range(1, n + 1), sep="\n", file=sys.stderr)
