# problem: sum
# want: accepted
# why: os._exit(0) after the right output has been written

import os

a, b = map(int, input().split())
print(a + b, flush=True)
os._exit(0)
