# problem: sum
# want: accepted
# why: reads open(0)

a, b = map(int, open(0).read().split())
print(a + b)
