# problem: mbpp_plus
# want: wrong, runtime_error
# why: AssertionError is replaced by something that cannot be raised

import builtins

builtins.AssertionError = builtins.Exception = builtins.BaseException = type("Quiet", (SystemExit,), {"code": 0})


def plus(a, b):
    return 0
