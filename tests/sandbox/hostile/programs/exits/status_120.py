# problem: sum
# want: runtime_error
# why: no exit status may look like the sandbox's own trouble: that would be a way out of a bad reward

import os

os._exit(120)
