# problem: sum
# want: accepted
# why: prints at exit

import atexit

a, b = map(int, input().split())
atexit.register(print, a + b)
