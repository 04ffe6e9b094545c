# problem: sum
# want: runtime_error
# why: the right output, then an exception that nobody catches

a, b = map(int, input().split())
print(a + b, flush=True)
1 / 0
