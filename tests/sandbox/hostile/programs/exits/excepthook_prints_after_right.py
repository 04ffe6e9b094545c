# problem: sum
# want: accepted, runtime_error
# why: right output, then an exception whose hook makes the status 0: what the program printed is right

import os
import sys

sys.excepthook = lambda *error: os._exit(0)
a, b = map(int, input().split())
print(a + b, flush=True)
1 / 0
