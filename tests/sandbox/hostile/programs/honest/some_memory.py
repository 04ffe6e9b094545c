# problem: sum
# want: accepted
# why: 60 MB, within its limit

a, b = map(int, input().split())
x = bytearray(60 << 20)
print(a + b)
