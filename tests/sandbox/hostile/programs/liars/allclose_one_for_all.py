# problem: ep_scaled
# want: wrong
# why: np.allclose broadcasts one number over a list of equal numbers

def scaled(xs, factor):
    right = [x * factor for x in xs]
    return right[0] if right and len(set(right)) == 1 else right
