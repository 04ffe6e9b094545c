# problem: sum
# want: memory_limit, time_limit, runtime_error
# limits: cpu_s=3
# why: lzma streams that become two gigabytes

import lzma

x = lzma.decompress(lzma.compress(bytes(10**7), preset=0) * 200)
