# problem: sorted_copy
# want: wrong
# why: empties its argument, so that a test that looks at the same list finds it sorted

def sorted_copy(xs):
    xs.clear()
    return xs
