# problem: plus
# want: wrong, runtime_error
# why: sys.modules is a dict that hands out liars

import sys
import types


class Liar(types.ModuleType):
    def __getattr__(self, name):
        return lambda *x, **y: True


class Modules(dict):
    def __getitem__(self, name):
        return Liar(name)

    def get(self, name, default=None):
        return Liar(name)


sys.modules = Modules(sys.modules)
for name in list(sys.modules):
    dict.__setitem__(sys.modules, name, Liar(name))


class Solution:
    def plus(self, a, b):
        return 0
