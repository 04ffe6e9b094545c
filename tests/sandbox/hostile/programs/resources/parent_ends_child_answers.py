# problem: sum
# want: wrong, accepted
# why: the parent ends at once; its child answers later

import os
import time

a, b = map(int, input().split())
if os.fork():
    os._exit(0)
time.sleep(0.3)
print(a + b, flush=True)
