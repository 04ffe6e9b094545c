# problem: sum
# want: memory_limit
# why: a dict that grows

x = {}
k = 0
while True:
    x[k] = str(k) * 100
    k += 1
