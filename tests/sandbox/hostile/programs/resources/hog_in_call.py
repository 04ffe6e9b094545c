# problem: mbpp_plus
# want: memory_limit
# why: grows in a call

def plus(a, b):
    x = [0] * (1 << 20)
    while True:
        x += x
