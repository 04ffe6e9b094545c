# problem: sum
# want: runtime_error, memory_limit, time_limit
# why: source text so deep that the parser's stack ends

import sys

sys.setrecursionlimit(2**31 - 1)
compile('-' * 3_000_000 + '1', 'x', 'eval')
