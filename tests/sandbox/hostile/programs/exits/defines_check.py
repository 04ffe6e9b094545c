# problem: he_plus
# want: wrong, runtime_error
# why: defines what the test would define

def plus(a, b):
    return 0


def check(candidate):
    print('passed')


check(plus)
