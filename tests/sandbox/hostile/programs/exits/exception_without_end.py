# problem: sum
# want: runtime_error, time_limit, memory_limit
# limits: cpu_s=0.5
# why: an exception whose text never ends

class Long(Exception):
    def __str__(self):
        while True:
            pass


raise Long
