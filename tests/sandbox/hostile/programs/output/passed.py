# problem: sum
# want: wrong
# why: the word passed in place of the answer

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"passed\n")
