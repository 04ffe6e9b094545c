# problem: plus
# want: wrong, runtime_error
# why: type, isinstance and issubclass say what is wanted

import builtins

builtins.type = lambda *x: int
builtins.isinstance = builtins.issubclass = builtins.callable = lambda *x: True


class Solution:
    def plus(self, a, b):
        return 0
