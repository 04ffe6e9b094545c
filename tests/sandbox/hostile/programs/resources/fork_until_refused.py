# problem: sum
# want: accepted
# why: sleeping children until no more are allowed: there must be an end, and an answer

import os
import time

children = 0
try:
    while children < 1500:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        children += 1
except OSError:
    pass
escaped = [children] if children >= 500 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
