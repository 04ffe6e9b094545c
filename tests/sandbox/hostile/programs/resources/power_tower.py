# problem: sum
# want: memory_limit, time_limit, wrong
# limits: cpu_s=0.3
# why: 10 ** 10 ** 8 runs in C, and no signal handler of Python is called

x = 10**10**8
