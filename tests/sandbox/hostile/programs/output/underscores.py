# problem: sum
# want: wrong
# why: int() would take 1_9 and 0_5

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write((str(a + b)[: (a + b < 0)] + "0_" + str(abs(a + b)) + "\n").encode())
