# problem: sum
# want: accepted
# why: closes stdout itself

import sys

a, b = map(int, input().split())
print(a + b)
sys.stdout.close()
