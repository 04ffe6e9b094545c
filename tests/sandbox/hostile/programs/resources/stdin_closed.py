# problem: big_stdin
# want: wrong, runtime_error
# limits: cpu_s=4 wall_s=20
# why: closes stdin at once

import os

os.close(0)
print(7)
