# problem: sum
# want: wrong, runtime_error
# why: flags, owners, sizes and locks of shared descriptions are changed

import fcntl
import os

for fd in range(256):
    for action in (
        lambda: os.set_blocking(fd, False),
        lambda: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK | os.O_ASYNC),
        lambda: fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid()),
        lambda: fcntl.fcntl(fd, 1031, 4096),  # F_SETPIPE_SZ
        lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
        lambda: os.ftruncate(fd, 0),
        lambda: os.fchmod(fd, 0),
    ):
        try:
            action()
        except (OSError, ValueError):
            pass
print(7)
