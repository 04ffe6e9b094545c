# problem: mbpp_plus
# want: wrong
# why: even the right number is refused as an instance of a subclass: what it is cannot be known

class Number(int):
    pass


def plus(a, b):
    return Number(a + b)
