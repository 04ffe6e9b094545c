# -*- coding: latin-1 -*-
# problem: sum
# want: accepted
# why: a source with a declared encoding

a, b = map(int, input().split())
assert 'Ã©' and len('Ã©') == 4
print(a + b)
