# problem: sum
# want: memory_limit
# why: a terabyte at once

x = bytearray(1 << 40)
