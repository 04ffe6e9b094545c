# problem: sum
# want: runtime_error, time_limit, wrong
# why: sends itself SIGXCPU: no end may look like the sandbox's own trouble

import os
import signal

os.kill(os.getpid(), signal.SIGXCPU)
