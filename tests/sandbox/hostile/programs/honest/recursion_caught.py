# problem: mbpp_plus
# want: accepted
# why: RecursionError is caught

def down(n):
    return down(n + 1)


def plus(a, b):
    try:
        down(0)
    except RecursionError:
        return a + b
