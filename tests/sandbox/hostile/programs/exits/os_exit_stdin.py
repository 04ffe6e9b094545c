# problem: sum
# want: wrong
# why: exit status 0 with no output

import os

os._exit(0)
