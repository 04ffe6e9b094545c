# problem: mbpp_plus
# want: wrong, runtime_error
# why: the function that is called does not exist

def minus(a, b):
    return a - b
