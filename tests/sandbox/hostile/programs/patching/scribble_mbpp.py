# problem: mbpp_plus
# want: wrong, runtime_error, time_limit, memory_limit
# why: ctypes writes zeros over every small object that gc knows

try:
    import ctypes
    import gc

    for thing in gc.get_objects():
        if type(thing) in (dict, list, tuple):
            ctypes.memset(id(thing) + 16, 0, 8)
except (ImportError, ValueError):
    pass


def plus(a, b):
    return 0
