# problem: sum
# want: wrong
# why: knows the examples of the statement and nothing else

line = input()
print({"2 3": 5, "10 -4": 6}.get(line, 0))
