# problem: count
# want: wrong
# why: the first line alone

import sys

n = int(input())
print(1)
