# problem: count
# want: wrong
# why: CR alone is no line end

import sys

n = int(input())
sys.stdout.buffer.write(b"\r".join(b"%d" % k for k in range(1, n + 1)))
