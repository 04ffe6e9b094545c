# problem: sum
# want: accepted
# why: descriptors until no more are allowed

import os

taken = []
try:
    while len(taken) < 100_000:
        taken.append(os.dup(0))
except OSError:
    pass
escaped = [len(taken)] if len(taken) >= 100_000 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
