# problem: count
# want: wrong
# why: five million lines of two letters: they are 16 MB, and ten times that as a list

import os

data = b'ab\n' * 5_000_000
while data:
    data = data[os.write(1, data) :]
