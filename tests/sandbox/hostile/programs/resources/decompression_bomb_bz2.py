# problem: sum
# want: memory_limit
# why: a few kilobytes that become two gigabytes

import bz2

x = bz2.decompress(bz2.compress(bytes(10**7)) * 200)
