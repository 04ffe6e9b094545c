# problem: sum
# want: wrong
# why: the right answer is printed to a sys.stdout that keeps it

import io
import sys

a, b = map(int, input().split())
sys.stdout = sys.__stdout__ = io.StringIO()
print(a + b)
