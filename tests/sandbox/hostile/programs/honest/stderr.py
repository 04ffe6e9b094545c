# problem: sum
# want: accepted
# why: writes to stderr beside a right answer

import sys
import warnings

a, b = map(int, input().split())
print('debug', a, b, file=sys.stderr)
warnings.warn('careful')
print(a + b)
