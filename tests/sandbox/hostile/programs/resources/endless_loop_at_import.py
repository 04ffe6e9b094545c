# problem: he_plus
# want: time_limit
# limits: cpu_s=0.5
# why: a loop without end before anything is defined

while True:
    pass
