# problem: plus
# want: time_limit
# limits: cpu_s=0.5
# why: an exception is no way to end this loop

class Solution:
    def plus(self, a, b):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                continue
