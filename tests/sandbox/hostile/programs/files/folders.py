# problem: sum
# want: accepted
# why: fills /tmp with folders

import os

escaped = []
count = 0
try:
    while count < 30_000:
        os.mkdir(f"/tmp/{count}")
        count += 1
except OSError:
    pass
if count >= 30_000:
    escaped.append(count)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
