# problem: mbpp_plus
# want: wrong
# why: an int subclass that equals everything, against this style of test

class Liar(int):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = int.__hash__


def plus(a, b):
    return Liar(7)
