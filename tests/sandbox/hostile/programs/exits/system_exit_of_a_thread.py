# problem: plus
# want: wrong, runtime_error
# why: a thread that ends the process while the call waits

import os
import threading
import time


class Solution:
    def plus(self, a, b):
        threading.Timer(0.05, os._exit, [0]).start()
        time.sleep(1)
        return 0
