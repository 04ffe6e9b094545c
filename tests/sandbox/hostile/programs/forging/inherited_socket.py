# problem: sum
# want: wrong, runtime_error
# why: talks to every descriptor as if it were the way to the host: reads the next job, answers it

import os

for fd in range(3, 1024):
    try:
        os.set_blocking(fd, False)
        while os.read(fd, 1 << 16):
            pass
    except OSError:
        pass
    try:
        os.write(fd, b'{"status":"ok"}')
    except OSError:
        pass
print(7)
