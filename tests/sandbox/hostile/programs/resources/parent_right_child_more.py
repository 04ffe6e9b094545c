# problem: sum
# want: wrong
# why: parent and child both answer

import os

a, b = map(int, input().split())
child = os.fork()
print(a + b, flush=True)
if child:
    os.waitpid(child, 0)
