# problem: sum
# want: accepted, memory_limit
# why: a shared anonymous mapping is memory that belongs to no one process

import mmap

escaped, kept = [], []
try:
    for _ in range(10):
        area = mmap.mmap(-1, 100 << 20)
        for page in range(0, 100 << 20, 4096):
            area[page] = 1
        kept.append(area)
except (OSError, MemoryError, ValueError):
    pass
if len(kept) >= 5:
    escaped = [len(kept), "times 100 MB shared"]

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
