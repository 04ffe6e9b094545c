# problem: plus
# want: wrong, runtime_error
# why: objects that rise again, and references that act when things die

import gc
import os
import weakref


class Phoenix:
    def __del__(self):
        globals()["again"] = Phoenix()


again = Phoenix()
for module in list(__import__("sys").modules.values()):
    weakref.finalize(module, os._exit, 0)
gc.collect()


class Solution:
    def plus(self, a, b):
        return 0
