# problem: mbpp_plus
# want: wrong
# why: a Fraction subclass that lies

from fractions import Fraction


class Liar(Fraction):
    def __eq__(self, other):
        return True

    __hash__ = Fraction.__hash__


def plus(a, b):
    return Liar(7)
