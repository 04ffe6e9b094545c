# problem: parity
# want: wrong
# why: a bool where an int is expected

def parity(n):
    return bool(n % 2)
