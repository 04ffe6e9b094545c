# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: the right answer and then sleeping for ever

import time

a, b = map(int, input().split())
print(a + b, flush=True)
time.sleep(600)
