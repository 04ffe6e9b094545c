# problem: sum
# want: wrong
# why: lone surrogates, as UTF-8 does not allow them

import sys

a, b = map(int, input().split())
sys.stdout.buffer.write("\ud800\udfff".encode("utf-8", "surrogatepass") + b"%d\n" % (a + b))
