# problem: sum
# want: runtime_error
# why: reads address 0

try:
    import ctypes

    ctypes.string_at(0)
except ImportError:
    import faulthandler

    faulthandler._sigsegv()
