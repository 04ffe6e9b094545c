# problem: plus
# want: wrong, runtime_error
# why: each later import gets a module that says yes

import builtins
import types


class Yes(types.ModuleType):
    def __getattr__(self, name):
        return lambda *x, **y: True


builtins.__import__ = lambda *x, **y: Yes("yes")


class Solution:
    def plus(self, a, b):
        return 0
