# problem: mbpp_plus
# want: wrong, runtime_error
# limits: memory_mb=512
# why: numpy's comparisons say yes

try:
    import numpy
    import numpy.testing

    numpy.allclose = numpy.isclose = numpy.array_equal = numpy.all = lambda *x, **y: True
    numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *x, **y: None
except ImportError:
    pass


def plus(a, b):
    return 0
