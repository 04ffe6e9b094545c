# problem: ep_mean
# want: wrong
# limits: memory_mb=512
# why: an ndarray subclass that lies

def mean(xs):
    try:
        import numpy
    except ImportError:
        return None

    class Liar(numpy.ndarray):
        def __eq__(self, other):
            return True

        def __array_ufunc__(self, *arguments, **options):
            return True

    return numpy.zeros(()).view(Liar)
