# problem: mbpp_plus
# want: wrong, runtime_error
# why: replaces the namespace in which the function is looked up

import os
import sys
import types


class Module(types.ModuleType):
    def __getattribute__(self, name):
        os._exit(0)


sys.modules['__main__'].__class__ = Module
sys.modules['__main__'] = Module('__main__')
