# problem: sum
# want: accepted
# why: a child calculates, the parent prints

import os

a, b = map(int, input().split())
out, into = os.pipe()
if os.fork() == 0:
    os.write(into, str(a + b).encode())
    os._exit(0)
os.wait()
print(os.read(out, 100).decode())
