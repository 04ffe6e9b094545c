# problem: sum
# want: accepted, memory_limit
# why: fills /tmp with bytes

import os

escaped = []
size = 0
try:
    for k in range(20):
        with open(f"/tmp/{k}", "wb") as file:
            for _ in range(16):
                size += file.write(b"x" * (1 << 20))
except OSError:
    pass
if size >= 300 << 20:
    escaped.append(size)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
