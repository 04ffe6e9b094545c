# problem: ep_parity
# want: wrong
# why: a bool where an int is expected

def parity(n):
    return n % 2 == 1
