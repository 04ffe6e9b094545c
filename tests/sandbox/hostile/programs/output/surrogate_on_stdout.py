# problem: sum
# want: wrong, runtime_error
# why: prints a lone surrogate

print("\ud800")
