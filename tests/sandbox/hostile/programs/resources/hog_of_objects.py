# problem: sum
# want: memory_limit
# why: many small objects

x = [0]
while True:
    x += [[y] for y in x]
