# problem: mbpp_plus
# want: accepted
# why: the function is a lambda

plus = lambda a, b: a + b
