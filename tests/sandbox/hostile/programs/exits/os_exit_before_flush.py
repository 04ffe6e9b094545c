# problem: sum
# want: wrong
# why: the right answer is still in the buffer when the process ends

import os

a, b = map(int, input().split())
print(a + b)
os._exit(0)
