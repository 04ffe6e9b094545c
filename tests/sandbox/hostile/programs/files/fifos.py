# problem: sum
# want: accepted
# why: fifos that nobody writes to: opening one waits for ever

import os

escaped = []
for k in range(20):
    try:
        os.mkfifo(f"/tmp/{k}")
    except OSError:
        pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
