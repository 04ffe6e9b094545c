# problem: mbpp_plus
# want: wrong, runtime_error
# why: an object that can be called and lies

class Plus:
    def __call__(self, *arguments):
        return self

    __eq__ = lambda self, other: True


plus = Plus()
