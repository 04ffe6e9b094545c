# problem: mbpp_plus
# want: time_limit
# limits: cpu_s=0.5
# why: a loop without end in a call

def plus(a, b):
    while True:
        pass
