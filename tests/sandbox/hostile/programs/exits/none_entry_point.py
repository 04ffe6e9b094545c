# problem: plus
# want: wrong, runtime_error
# why: the class is None

Solution = None
