# problem: plus
# want: wrong, runtime_error
# why: the module __main__ and its frames' globals are filled with yes

import sys

sys.modules["__main__"].__dict__.update(check=lambda f: None, candidate=lambda *x: True, assertion=lambda *x: None, METADATA={})
frame = sys._getframe()
while frame:
    for space in (frame.f_globals, frame.f_locals, frame.f_builtins):
        for name in list(space):
            if name in ("expected", "check", "assertion", "results", "inputs", "compare", "test"):
                space[name] = lambda *x: True
    frame = frame.f_back


class Solution:
    def plus(self, a, b):
        return 0
