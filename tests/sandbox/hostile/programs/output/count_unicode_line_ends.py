# problem: count
# want: wrong
# why: U+2028 and U+0085 are no line ends

import sys

n = int(input())
sys.stdout.buffer.write("\u2028".join(map(str, range(1, n + 1))).encode())
