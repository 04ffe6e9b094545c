# problem: sum
# want: accepted, memory_limit
# why: maps what it wrote to /tmp as code, and loads it as a library

import mmap
import os
import shutil

escaped = []
with open("/tmp/code", "wb") as file:
    file.write(bytes(4096))
fd = os.open("/tmp/code", os.O_RDWR)
try:
    mmap.mmap(fd, 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)
    escaped.append("mmap")
except OSError:
    pass
try:
    import _ctypes
    import ctypes

    source = getattr(_ctypes, "__file__", None) or "/lib/x86_64-linux-gnu/libm.so.6"
    shutil.copyfile(source, "/tmp/library.so")
    ctypes.CDLL("/tmp/library.so")
    escaped.append("library")
except (OSError, ImportError):
    pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
