# problem: echo_call
# want: wrong, output_limit, memory_limit, runtime_error
# limits: memory_mb=512
# why: a result beyond the limit of output

class Solution:
    def echo(self, s):
        return s * (40 << 20)
