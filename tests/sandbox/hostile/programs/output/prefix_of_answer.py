# problem: sum
# want: wrong
# why: the answer without its last digit

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(str(a + b)[:-1].encode())
