# problem: mbpp_plus
# want: wrong, time_limit, memory_limit, runtime_error, output_limit
# why: a number of ten million digits as a result

def plus(a, b):
    return 3 << 10**8
