# problem: plus
# want: wrong, runtime_error, time_limit, memory_limit
# why: ctypes makes False true, and the other way round

try:
    import ctypes

    ctypes.c_long.from_address(id(False) + 16).value = 1
    ctypes.c_long.from_address(id(False) + 24).value = 1
except (ImportError, ValueError):
    pass


class Solution:
    def plus(self, a, b):
        return 0
