# problem: he_mean
# want: wrong
# why: differences, absolute values, powers and comparisons of this float subclass lie

class Liar(float):
    def nothing(self, *others):
        return Liar(0.0)

    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __pow__ = __rpow__ = __abs__ = __neg__ = nothing

    def yes(self, *others):
        return True

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = yes
    __hash__ = float.__hash__


def mean(x):
    return Liar(7)
