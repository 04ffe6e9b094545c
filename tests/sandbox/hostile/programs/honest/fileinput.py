# problem: sum
# want: accepted
# why: reads by fileinput

import fileinput

for line in fileinput.input():
    a, b = map(int, line.split())
    print(a + b)
