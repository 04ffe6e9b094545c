# problem: sum
# want: accepted
# why: reads stdin twice: the second time there is nothing

import sys

a, b = map(int, sys.stdin.read().split())
assert sys.stdin.read() == ''
print(a + b)
