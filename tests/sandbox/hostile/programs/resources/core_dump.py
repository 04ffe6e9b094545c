# problem: sum
# want: runtime_error
# why: asks for a core dump and aborts

import os
import resource

try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
except (OSError, ValueError):
    pass
os.abort()
