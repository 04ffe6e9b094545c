# problem: sum
# want: output_limit
# why: the right answer, and a gigabyte on stderr

import os

a, b = map(int, input().split())
print(a + b, flush=True)
data = b'x' * (1 << 20)
for _ in range(1024):
    os.write(2, data)
