# problem: he_big
# want: wrong
# why: 2 ** 53 + 1 and its float are different numbers

def big(n):
    return float(2**n + 1)
