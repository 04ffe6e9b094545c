# problem: sum
# want: output_limit
# limits: output_bytes=1048576
# why: lines without end

while True:
    print(7)
