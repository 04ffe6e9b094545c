# problem: sum
# want: runtime_error, memory_limit, output_limit, time_limit
# why: an exception with a text of 64 MB

raise ValueError('x' * (64 << 20))
