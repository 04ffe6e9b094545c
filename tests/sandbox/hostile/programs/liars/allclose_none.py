# problem: ep_mean
# want: wrong
# why: None is no float

def mean(xs):
    return None
