# problem: sum
# want: runtime_error, wrong
# why: sends itself SIGILL: no end may look like the sandbox's own trouble

import os
import signal

os.kill(os.getpid(), signal.SIGILL)
