# problem: sum
# want: memory_limit
# why: grows until there is no memory

data = bytearray()
while True:
    data += bytes(1 << 20)
