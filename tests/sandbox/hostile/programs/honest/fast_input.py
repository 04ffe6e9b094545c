# problem: sum
# want: accepted
# why: input and print are replaced by faster ones, as in contests

import io
import os
import sys

input = io.BytesIO(os.read(0, os.fstat(0).st_size or 65536)).readline
sys.stdout = io.StringIO()
a, b = map(int, input().split())
print(a + b)
os.write(1, sys.stdout.getvalue().encode())
