# problem: sum
# want: wrong, runtime_error
# why: an exception whose hook makes the status 0

import os
import sys

sys.excepthook = lambda *error: os._exit(0)
print(7)
1 / 0
