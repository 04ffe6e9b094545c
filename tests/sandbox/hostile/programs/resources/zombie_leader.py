# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: the main thread ends by a system call, another thread lives on: the process is a zombie that runs

import threading
import time

try:
    import ctypes

    libc = ctypes.CDLL(None)
except (ImportError, OSError):
    libc = None
threading.Thread(target=time.sleep, args=[600]).start()
if libc is not None:
    libc.syscall(ctypes.c_long(60), ctypes.c_long(0))  # exit, of this thread alone
time.sleep(600)
