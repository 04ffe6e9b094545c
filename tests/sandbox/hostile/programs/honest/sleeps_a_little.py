# problem: sum
# want: accepted
# why: sleeps a little

import time

a, b = map(int, input().split())
time.sleep(0.05)
print(a + b)
