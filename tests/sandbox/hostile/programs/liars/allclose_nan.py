# problem: ep_mean
# want: wrong
# why: nan is close to nothing

def mean(xs):
    return float('nan')
