# problem: mbpp_plus
# want: accepted
# why: a main part that calls the function, and asserts of its own

def plus(a, b):
    return a + b


assert plus(1, 1) == 2
if __name__ == '__main__':
    print(plus(2, 3))
