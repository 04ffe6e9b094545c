# problem: ep_mean
# want: wrong
# limits: memory_mb=512
# why: __array__ and __array_ufunc__ answer what numpy wants to hear

class Liar:
    def __array__(self, *arguments, **options):
        import numpy

        return numpy.array([])

    def __array_ufunc__(self, *arguments, **options):
        return True

    def __array_function__(self, *arguments, **options):
        return True

    __array_priority__ = 1e9


def mean(xs):
    return Liar()
