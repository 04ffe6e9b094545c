# problem: he_mean
# want: wrong, runtime_error
# why: an int that no float can hold, in a difference

def mean(xs):
    return 10**400
