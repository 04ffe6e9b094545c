# problem: plus
# want: wrong, runtime_error
# why: displayhook, excepthook, unraisablehook, breakpointhook and threading.excepthook say passed

import os
import sys
import threading
import traceback
import warnings


def hook(*arguments):
    os.write(1, b"passed\n")
    os._exit(0)


sys.displayhook = sys.excepthook = sys.unraisablehook = sys.breakpointhook = threading.excepthook = hook
traceback.print_exc = traceback.format_exception = traceback.print_exception = warnings.showwarning = hook
sys.last_value = sys.last_type = None


class Solution:
    def plus(self, a, b):
        return 0
