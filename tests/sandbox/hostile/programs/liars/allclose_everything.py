# problem: ep_mean
# want: wrong
# why: one of these is right

def mean(xs):
    return [float(x) for x in range(100)]
