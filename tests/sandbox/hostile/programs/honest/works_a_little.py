# problem: sum
# want: accepted
# why: a tenth of a second of CPU

import time

until = time.process_time() + 0.1
while time.process_time() < until:
    pass
a, b = map(int, input().split())
print(a + b)
