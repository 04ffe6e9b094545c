# problem: mbpp_plus
# want: wrong, runtime_error
# why: GeneratorExit is no Exception

def plus(a, b):
    raise GeneratorExit
