# problem: sum
# want: accepted
# why: asks for too much, catches that, and is right

a, b = map(int, input().split())
try:
    x = bytearray(1 << 40)
except MemoryError:
    pass
print(a + b)
