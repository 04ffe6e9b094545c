# problem: sum
# want: runtime_error
# why: sys.exit with a text is exit status 1

import sys

a, b = map(int, input().split())
print(a + b, flush=True)
sys.exit('passed')
