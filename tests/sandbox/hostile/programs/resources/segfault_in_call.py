# problem: mbpp_plus
# want: runtime_error, wrong
# why: reads address 0 in a call

def plus(a, b):
    try:
        import ctypes

        ctypes.string_at(0)
    except ImportError:
        import faulthandler

        faulthandler._sigsegv()
