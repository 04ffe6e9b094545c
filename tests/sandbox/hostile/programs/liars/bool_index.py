# problem: even
# want: accepted
# why: 1 and 0 are taken where a bool is expected, as in MBPP's own references

def even(n):
    return 1 - n % 2
