# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: the right answer, and a thread that keeps the process alive

import threading
import time

a, b = map(int, input().split())
print(a + b, flush=True)
threading.Thread(target=time.sleep, args=[600]).start()
