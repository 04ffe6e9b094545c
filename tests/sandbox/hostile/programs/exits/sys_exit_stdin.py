# problem: sum
# want: wrong
# why: a clean exit with no output

import sys

sys.exit(0)
