# problem: sum
# want: wrong
# why: fills stderr before it writes stdout: who reads one after the other waits for ever

import os

for _ in range(64):
    os.write(2, b'x' * (1 << 16))
for _ in range(64):
    os.write(1, b'x' * (1 << 16))
