# problem: sum
# want: accepted
# why: leaves files in its folder

a, b = map(int, input().split())
open('left', 'w').write('x' * 1000)
print(a + b)
