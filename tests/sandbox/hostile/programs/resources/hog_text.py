# problem: sum
# want: memory_limit
# why: a text of ten gigabytes

x = 'x' * 10**10
