# problem: ep_mean
# want: wrong
# why: infinity is close to nothing finite

def mean(xs):
    return float('inf')
