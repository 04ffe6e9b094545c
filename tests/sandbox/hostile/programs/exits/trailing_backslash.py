# problem: mbpp_plus
# want: compile_error
# why: a backslash would join the first line of the tests to a comment

def plus(a, b):
    return 0


x = 1 if True else \
