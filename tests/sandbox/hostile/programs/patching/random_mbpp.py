# problem: mbpp_plus
# want: wrong, runtime_error
# why: the seeds of random and hash are known and set

import random

random.seed(0)
random.random = random.randint = random.choice = random.shuffle = lambda *x: 0


def plus(a, b):
    return 0
