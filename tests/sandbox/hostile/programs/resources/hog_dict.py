# problem: sum
# want: memory_limit
# limits: cpu_s=3
# why: a dict that grows

x = {}
k = 0
while True:
    x[k] = str(k) * 100
    k += 1
