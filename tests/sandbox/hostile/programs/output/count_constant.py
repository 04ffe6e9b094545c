# problem: count
# want: wrong
# why: the output of the first example, for every input

import sys

n = int(input())
print(1)
print(2)
print(3)
