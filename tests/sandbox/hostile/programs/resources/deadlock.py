# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: two threads wait for each other

import threading

a = threading.Lock()
a.acquire()
a.acquire()
