# problem: sum
# want: wrong
# why: a wrong answer of 15 MB must not become a message of 15 MB

import os

data = memoryview(b'7' * 15_000_000)
while data:
    data = data[os.write(1, data) :]
