# problem: sum
# want: wrong, runtime_error
# why: a status of a hundred digits

import sys

sys.exit(10**100)
