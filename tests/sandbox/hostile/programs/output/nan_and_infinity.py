# problem: sum
# want: wrong
# why: nan and inf, where a sloppy comparison of numbers takes them

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"nan\n")
