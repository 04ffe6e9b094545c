# problem: ep_scaled
# want: wrong
# why: np.allclose broadcasts: one number for a list of equal numbers, two rows for one

def scaled(xs, factor):
    right = [x * factor for x in xs]
    return [right, right]
