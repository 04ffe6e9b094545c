# problem: sum
# want: output_limit
# why: a child floods stdout while the parent waits

import os

if os.fork() == 0:
    for _ in range(1024):
        os.write(1, b'x' * (1 << 20))
    os._exit(0)
os.wait()
