# problem: sum
# want: accepted
# why: CR LF at the end of a line is white space

import sys

a, b = map(int, input().split())
sys.stdout.write(f'{a + b}\r\n')
