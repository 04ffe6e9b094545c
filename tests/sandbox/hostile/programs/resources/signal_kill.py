# problem: sum
# want: runtime_error, memory_limit, wrong
# why: sends itself SIGKILL: no end may look like the sandbox's own trouble

import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
