# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: a loop without end that never gives Python a chance

import collections
import itertools

collections.deque(itertools.repeat(0), maxlen=0)
