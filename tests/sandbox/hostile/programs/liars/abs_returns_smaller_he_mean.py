# problem: he_mean
# want: wrong
# why: __sub__ gives an object whose __abs__ is smaller than everything

class Small:
    def __abs__(self):
        return self

    def __lt__(self, other):
        return True

    def __sub__(self, other):
        return self

    __rsub__ = __pow__ = __le__ = __sub__


def mean(x):
    return Small()
