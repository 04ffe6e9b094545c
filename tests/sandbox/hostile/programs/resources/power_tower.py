# problem: sum
# want: time_limit, memory_limit
# why: 10 ** 10 ** 8 runs in C, and no signal handler of Python is called

x = 10**10**8
