# problem: sum
# want: accepted
# why: locks, leases and mappings of files that are then deleted

import os

escaped = []
import fcntl
import mmap

file = open("/tmp/locked", "wb+")
file.truncate(1 << 20)
area = mmap.mmap(file.fileno(), 1 << 20)
for action in (lambda: fcntl.flock(file, fcntl.LOCK_EX), lambda: fcntl.lockf(file, fcntl.LOCK_EX), lambda: fcntl.fcntl(file, 1024, 1), lambda: os.setxattr("/tmp/locked", "user.x", b"x" * 1000)):
    try:
        action()
    except OSError:
        pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
