# problem: sum
# want: compile_error
# why: an open parenthesis

print(1
