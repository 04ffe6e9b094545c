# problem: sum
# want: wrong, runtime_error, time_limit
# limits: cpu_s=0.5
# why: SystemExit whose code is an object that never tells its text

class Code:
    def __str__(self):
        while True:
            pass

    __repr__ = __index__ = __int__ = __str__


raise SystemExit(Code())
