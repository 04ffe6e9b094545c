# problem: sum
# want: accepted
# why: numbers of a thousand digits

a, b = map(int, input().split())
x = 7**3000
print(a + b + x - x, file=__import__('sys').stdout)
assert len(str(x)) > 2500
