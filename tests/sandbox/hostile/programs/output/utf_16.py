# problem: sum
# want: wrong
# why: the answer in UTF-16

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write(f"{a + b}\n".encode("utf-16"))
