# problem: mbpp_plus
# want: compile_error
# why: an open string would swallow tests that follow in the same file

def plus(a, b):
    return 0


'''
