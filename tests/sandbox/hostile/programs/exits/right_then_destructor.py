# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: the right answer, and an object whose end never ends

import time


class Late:
    def __del__(self):
        while True:
            pass


a, b = map(int, input().split())
print(a + b, flush=True)
import atexit

atexit.register(Late().__del__)
