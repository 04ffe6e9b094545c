# problem: he_plus
# want: compile_error
# why: a return outside of a function ends exec'd text in some graders

def plus(a, b):
    return 0


return
