# problem: mbpp_plus
# want: wrong
# why: 5.000000001 is not 5: no tolerance where the test names none

def plus(a, b):
    return a + b + 1e-9
