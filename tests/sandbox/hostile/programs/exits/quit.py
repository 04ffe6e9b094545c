# problem: mbpp_plus
# want: wrong, runtime_error
# why: quit() as one types it

def plus(a, b):
    quit()
