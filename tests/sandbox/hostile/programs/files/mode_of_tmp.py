# problem: sum
# want: accepted
# why: takes all rights from /tmp itself

import os

escaped = []
try:
    os.chmod("/tmp", 0)
except OSError:
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
