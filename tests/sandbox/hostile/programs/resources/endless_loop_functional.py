# problem: plus
# want: time_limit
# limits: cpu_s=0.5
# why: a loop without end in a call

class Solution:
    def plus(self, a, b):
        while True:
            pass
