# problem: sum
# want: runtime_error
# why: exceptions that cause each other in a ring

a, b, c = ValueError('a'), ValueError('b'), ValueError('c')
a.__cause__, b.__cause__, c.__cause__ = b, c, a
raise a
