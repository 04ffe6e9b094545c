# problem: sum
# want: accepted
# why: catches everything, and is right

try:
    a, b = map(int, input().split())
    print(a + b)
except BaseException:
    pass
