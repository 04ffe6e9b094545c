# problem: sum
# want: wrong, runtime_error
# why: fd 1 is closed before the buffer reaches it

import os

a, b = map(int, input().split())
print(a + b)
os.close(1)
