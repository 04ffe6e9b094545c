# problem: sum
# want: wrong
# why: 05 is not 5 as text

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write((str(a + b)[: (a + b < 0)] + "0" + str(abs(a + b)) + "\n").encode())
