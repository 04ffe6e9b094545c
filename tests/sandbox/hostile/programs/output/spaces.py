# problem: count
# want: wrong
# why: fifteen million spaces between two letters

import os

data = memoryview(b'1' + b' ' * 15_000_000 + b'x')
while data:
    data = data[os.write(1, data) :]
