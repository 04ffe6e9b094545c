# problem: sum
# want: runtime_error
# why: the right output, but exit status 1

import sys

a, b = map(int, input().split())
print(a + b)
sys.exit(1)
