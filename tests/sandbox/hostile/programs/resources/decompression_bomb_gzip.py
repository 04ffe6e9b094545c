# problem: sum
# want: memory_limit, time_limit
# limits: cpu_s=3
# why: two megabytes that become two gigabytes

import gzip

x = gzip.decompress(gzip.compress(bytes(10**7)) * 200)
