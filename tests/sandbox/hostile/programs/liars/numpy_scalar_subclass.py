# problem: ep_plus
# want: wrong
# limits: memory_mb=512
# why: a float64 subclass that lies

try:
    from numpy import float64
except ImportError:
    float64 = float


class Liar(float64):
    def __eq__(self, other):
        return True

    __hash__ = float64.__hash__


def plus(a, b):
    return Liar(7)
