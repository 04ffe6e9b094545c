# problem: sum
# want: output_limit
# why: a gigabyte on stdout

import os

data = b'x' * (1 << 20)
for _ in range(1024):
    os.write(1, data)
