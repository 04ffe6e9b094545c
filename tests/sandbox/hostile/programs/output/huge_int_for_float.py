# problem: ep_mean
# want: wrong, runtime_error
# why: an int that no float can hold, where floats are compared

def mean(xs):
    return 10**400
