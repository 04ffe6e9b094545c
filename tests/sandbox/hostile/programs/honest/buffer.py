# problem: sum
# want: accepted
# why: reads sys.stdin.buffer, writes sys.stdout.buffer

import sys

a, b = map(int, sys.stdin.buffer.readline().split())
sys.stdout.buffer.write(b'%d\n' % (a + b))
