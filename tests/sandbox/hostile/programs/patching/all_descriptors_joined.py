# problem: sum
# want: wrong, runtime_error
# why: every descriptor becomes a copy of another

import os

for fd in range(256):
    for target in (0, 1, 2, 3):
        try:
            os.dup2(target, fd)
        except OSError:
            pass
print(7)
