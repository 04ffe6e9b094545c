# problem: sum
# want: accepted
# why: sys.exit(0) after the right output

import sys

a, b = map(int, input().split())
print(a + b)
sys.exit(0)
