# problem: sum
# want: accepted
# why: files from the future and from before the epoch

import os

escaped = []
for k, when in enumerate((-(2**31), 2**33, 0)):
    open(f"/tmp/{k}", "w").close()
    os.utime(f"/tmp/{k}", (when, when))
try:
    os.utime("/tmp", (0, 0))
except OSError:
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
