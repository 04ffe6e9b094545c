# problem: plus
# want: wrong, runtime_error
# why: an exception, a type and a traceback full of surrogates and NUL

class Solution:
    def plus(self, a, b):
        raise type("X\udcff", (Exception,), {})("\ud800\x00\x1b[2J" * 100)
