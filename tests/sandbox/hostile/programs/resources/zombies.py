# problem: sum
# want: accepted
# why: children that end and are never waited for

import os

children = 0
try:
    while children < 1500:
        if os.fork() == 0:
            os._exit(0)
        children += 1
except OSError:
    pass
escaped = [children] if children >= 500 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
