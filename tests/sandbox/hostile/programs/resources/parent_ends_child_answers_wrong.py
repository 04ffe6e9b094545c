# problem: sum
# want: wrong
# why: the parent ends at once; its child prints something else later

import os
import time

if os.fork():
    os._exit(0)
time.sleep(0.1)
print(7, flush=True)
