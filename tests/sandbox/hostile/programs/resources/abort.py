# problem: sum
# want: runtime_error
# why: aborts

import os

os.abort()
