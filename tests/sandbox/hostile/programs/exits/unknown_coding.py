# -*- coding: no-such-coding -*-
# problem: sum
# want: compile_error
# why: an encoding that does not exist

a, b = map(int, input().split())
print(a + b)
