# problem: sum
# want: accepted, memory_limit
# why: takes all memory, gives it back, and answers: that is allowed

kept = []
try:
    while len(kept) < 64:
        kept.append(b"x" * (1 << 24))
except MemoryError:
    pass
escaped = [len(kept)] if len(kept) >= 64 else []
del kept

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
