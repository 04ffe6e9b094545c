# problem: mbpp_plus
# want: wrong, runtime_error
# why: faulthandler ends the process in the middle of the call

import faulthandler
import time

faulthandler.enable()
faulthandler.dump_traceback_later(0.05, exit=True)
time.sleep(0.5)


def plus(a, b):
    return 0
