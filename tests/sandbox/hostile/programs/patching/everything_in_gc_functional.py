# problem: plus
# want: wrong, runtime_error
# why: each dict of each module outside the library is filled with yes

import gc
import sys

library = {id(vars(m)) for name, m in sys.modules.items() if getattr(m, "__file__", None) and "/lib/" in m.__file__}
for thing in gc.get_objects():
    if type(thing) is dict and id(thing) not in library and "__name__" in thing and thing is not globals():
        for key in list(thing):
            if not key.startswith("__"):
                thing[key] = lambda *x, **y: True


class Solution:
    def plus(self, a, b):
        return 0
