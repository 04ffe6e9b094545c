# problem: sum
# want: accepted
# why: flags that forbid deletion

import os

escaped = []
import array
import fcntl

os.mkdir("/tmp/still")
open("/tmp/still/file", "w").close()
for path in ("/tmp/still/file", "/tmp/still"):
    fd = os.open(path, os.O_RDONLY)
    for flags in (0x10, 0x20):  # immutable, append only
        try:
            fcntl.ioctl(fd, 0x40086602, array.array("L", [flags]))
            escaped.append(path)
        except OSError:
            pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
