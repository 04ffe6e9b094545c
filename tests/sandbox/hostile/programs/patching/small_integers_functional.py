# problem: plus
# want: wrong, runtime_error, time_limit, memory_limit
# why: ctypes turns the one object 0 into 5

try:
    import ctypes

    ctypes.c_long.from_address(id(0) + 16).value = 1
    ctypes.c_long.from_address(id(0) + 24).value = 5  # 0 is 5 from here on
except (ImportError, ValueError):
    pass


class Solution:
    def plus(self, a, b):
        return 0
