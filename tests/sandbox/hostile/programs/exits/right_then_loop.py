# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: the right answer and then a loop without end

a, b = map(int, input().split())
print(a + b, flush=True)
while True:
    pass
