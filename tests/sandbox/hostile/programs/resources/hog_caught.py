# problem: sum
# want: memory_limit, time_limit
# why: takes each MemoryError as a reason to go on

kept = []
while True:
    try:
        kept.append(bytearray(1 << 24))
    except MemoryError:
        pass
