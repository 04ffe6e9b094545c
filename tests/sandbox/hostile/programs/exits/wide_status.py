# problem: sum
# want: wrong
# why: 256 is 0 in eight bits: a clean exit, but with nothing said

import sys

sys.exit(256)
