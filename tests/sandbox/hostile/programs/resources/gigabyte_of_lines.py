# problem: sum
# want: output_limit, time_limit
# why: lines without end

while True:
    print(7)
