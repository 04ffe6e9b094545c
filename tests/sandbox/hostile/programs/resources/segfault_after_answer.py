# problem: sum
# want: runtime_error
# why: the right answer, and then address 0

import ctypes

a, b = map(int, input().split())
print(a + b, flush=True)
ctypes.string_at(0)
