# problem: sum
# want: memory_limit, runtime_error
# why: lzma streams that become two gigabytes

import lzma

x = lzma.decompress(lzma.compress(bytes(10**7), preset=0) * 200)
