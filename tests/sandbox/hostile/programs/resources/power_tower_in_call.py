# problem: mbpp_plus
# want: time_limit, memory_limit
# why: 10 ** 10 ** 8 in a call

def plus(a, b):
    return a * 10**10**8
