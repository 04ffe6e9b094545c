# problem: sum
# want: output_limit
# why: the right answer, and a gigabyte of line ends that would be ignored

import os

a, b = map(int, input().split())
print(a + b, flush=True)
for _ in range(1024):
    os.write(1, b'\n' * (1 << 20))
