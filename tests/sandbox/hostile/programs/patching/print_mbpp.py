# problem: mbpp_plus
# want: wrong, runtime_error
# why: print, sys.stdout and sys.stderr are replaced by liars

import builtins
import sys


class Liar:
    def write(self, text):
        return len(text)

    def flush(self):
        pass

    def fileno(self):
        return 1

    encoding = "utf-8"
    buffer = property(lambda self: self)


builtins.print = lambda *x, **y: sys.__stdout__.write("passed\n")
sys.stdout = sys.stderr = sys.__stderr__ = Liar()


def plus(a, b):
    return 0
