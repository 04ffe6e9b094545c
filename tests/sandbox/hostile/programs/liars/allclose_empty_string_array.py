# problem: ep_mean
# want: wrong
# limits: memory_mb=512
# why: an empty array of text

def mean(xs):
    return __import__('numpy').array([], dtype='U1')
