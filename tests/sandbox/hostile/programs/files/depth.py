# problem: sum
# want: accepted
# why: folders 1,500 deep with names of 200 bytes: no path reaches the last

import os

escaped = []
try:
    for _ in range(1500):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    open("last", "w").close()
except OSError:
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
