# problem: sum
# want: accepted
# why: descriptors and their flags, which the next job might inherit

escaped = []
import fcntl
import os

for fd in range(3):
    try:
        os.set_blocking(fd, False)
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK)
    except OSError:
        pass
for fd in range(3, 100):
    try:
        os.dup2(0, fd)
        os.set_inheritable(fd, True)
    except OSError:
        pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
