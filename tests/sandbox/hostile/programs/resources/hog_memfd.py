# problem: sum
# want: accepted, memory_limit
# why: files in memory that no address space counts

import os

taken = 0
try:
    for k in range(32):
        fd = os.memfd_create(str(k))
        for _ in range(32):
            taken += os.write(fd, b"x" * (1 << 20))
except (OSError, AttributeError, MemoryError):
    pass
escaped = [taken >> 20, "MB in files of memory"] if taken >= 512 << 20 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
