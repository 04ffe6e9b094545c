# problem: he_plus
# want: wrong, runtime_error
# why: an AssertionError of its own, and one that lies about its class

class Passed(AssertionError):
    __class__ = property(lambda self: type(None))

    def __str__(self):
        return "passed"


def plus(a, b):
    raise Passed
