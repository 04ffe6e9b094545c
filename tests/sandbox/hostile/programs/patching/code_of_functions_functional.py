# problem: plus
# want: wrong, runtime_error
# why: each Python function in memory that has no file of the library gets the code of one that says yes, found by gc and frames

import gc
import sys
import types

own = {id(sys._getframe().f_code)}


def yes(*arguments, **options):
    return "passed"


def functions():
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType):
            yield thing
    for module in list(sys.modules.values()):
        for thing in list(vars(module).values()):
            if isinstance(thing, types.FunctionType):
                yield thing
            elif isinstance(thing, type):
                yield from (x for x in list(vars(thing).values()) if isinstance(x, types.FunctionType))


for function in list(functions()):
    path = function.__code__.co_filename
    if function is not yes and not function.__closure__ and ("sandbox" in path or not path.startswith(("/", "<frozen"))) and function is not functions:
        try:
            function.__code__ = yes.__code__
        except (ValueError, AttributeError, TypeError):
            pass


class Solution:
    def plus(self, a, b):
        return 0
