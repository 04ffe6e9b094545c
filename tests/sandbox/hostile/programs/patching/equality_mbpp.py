# problem: mbpp_plus
# want: wrong, runtime_error
# why: len, all, any, abs, zip, sorted and range make each comparison true

import builtins

builtins.len = builtins.abs = lambda x: 0
builtins.all = builtins.any = lambda x: True
builtins.zip = builtins.map = builtins.filter = builtins.enumerate = builtins.range = lambda *x: iter(())
builtins.sorted = builtins.set = builtins.list = lambda *x: []


def plus(a, b):
    return 0
