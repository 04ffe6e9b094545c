# problem: sum
# want: compile_error
# why: no line of it runs: the right output above the error counts for nothing

a, b = map(int, input().split())
print(a + b, flush=True)
return return
