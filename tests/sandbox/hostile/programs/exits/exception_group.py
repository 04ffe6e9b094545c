# problem: sum
# want: runtime_error, time_limit, memory_limit
# why: an exception group that is a tree of 2 ** 200 when written out

error = ValueError('end')
for _ in range(200):
    error = ExceptionGroup('more', [error, error])
raise error
