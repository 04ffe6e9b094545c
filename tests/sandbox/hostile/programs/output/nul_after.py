# problem: sum
# want: wrong
# why: a NUL after the answer, where C strings end

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(b"%d\x00passed\n" % (a + b))
