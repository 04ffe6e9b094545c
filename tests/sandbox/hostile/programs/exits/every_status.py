# problem: mbpp_plus
# want: wrong, runtime_error, memory_limit, compile_error
# why: any exit status in a call is a judged 0

import os


def plus(a, b):
    os._exit(os.getpid() % 253 + 3)
