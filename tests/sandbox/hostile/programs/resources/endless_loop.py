# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: a loop without end

while True:
    pass
