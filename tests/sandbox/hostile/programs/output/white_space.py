# problem: sum
# want: wrong
# why: white space alone

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b" \n\t\n")
