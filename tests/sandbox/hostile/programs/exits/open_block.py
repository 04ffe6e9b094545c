# problem: he_plus
# want: compile_error
# why: an open block would take the tests in

def plus(a, b):
    return 0


if False:
