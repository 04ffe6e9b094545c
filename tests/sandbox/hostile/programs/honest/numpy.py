# problem: sum
# want: accepted
# limits: memory_mb=512
# why: numpy, where it is there

try:
    import numpy
except ImportError:
    numpy = None
a, b = map(int, input().split())
print(int(numpy.add(a, b)) if numpy else a + b)
