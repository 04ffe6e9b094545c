# problem: sum
# want: accepted
# why: a million spaces at the end of a line

a, b = map(int, input().split())
print(a + b, end=' ' * 10**6 + '\n')
