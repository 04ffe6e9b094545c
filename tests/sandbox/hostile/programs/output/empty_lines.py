# problem: count
# want: wrong
# why: fifteen million empty lines, then a letter

import os

data = memoryview(b'\n' * 15_000_000 + b'x')
while data:
    data = data[os.write(1, data) :]
