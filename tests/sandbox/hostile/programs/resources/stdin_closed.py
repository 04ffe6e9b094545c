# problem: big_stdin
# want: wrong, runtime_error
# why: closes stdin at once

import os

os.close(0)
print(7)
