# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: the right answer, but too late

import time

a, b = map(int, input().split())
until = time.process_time() + 30
while time.process_time() < until:
    pass
print(a + b)
