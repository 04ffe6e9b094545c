# problem: plus
# want: wrong, runtime_error, time_limit, memory_limit
# why: ctypes replaces the comparison slot of int itself

try:
    import ctypes

    compare = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.c_int)
    yes = compare(lambda a, b, operation: True)
    slots = (ctypes.c_void_p * 64).from_address(id(int))
    float_slots = (ctypes.c_void_p * 64).from_address(id(float))
    places = [i for i in range(20, 40) if slots[i] and float_slots[i] and slots[i] != float_slots[i]]
    for place in (25,):  # tp_richcompare
        slots[place] = ctypes.cast(yes, ctypes.c_void_p).value
except (ImportError, ValueError):
    pass


class Solution:
    def plus(self, a, b):
        return 0
