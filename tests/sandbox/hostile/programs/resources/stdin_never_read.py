# problem: big_stdin
# want: wrong
# limits: cpu_s=4 wall_s=20
# why: never reads 100 MB of stdin

print(7)
