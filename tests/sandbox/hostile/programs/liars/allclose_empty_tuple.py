# problem: ep_mean
# want: wrong
# why: np.allclose((), 2.5) is true

def mean(xs):
    return ()
