# problem: sum
# want: memory_limit
# why: two megabytes that become two gigabytes

import gzip

x = gzip.decompress(gzip.compress(bytes(10**7)) * 200)
