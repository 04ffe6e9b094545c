# problem: sum
# want: wrong, runtime_error
# why: every descriptor is closed

import os

os.closerange(0, 65536)
