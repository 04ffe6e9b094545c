# problem: mbpp_plus
# want: memory_limit, time_limit, wrong
# limits: cpu_s=0.3
# why: 10 ** 10 ** 8 in a call

def plus(a, b):
    return a * 10**10**8
