# problem: big_stdin
# want: accepted
# limits: cpu_s=4 wall_s=20
# why: reads the first line of 100 MB and no more

a, b = map(int, input().split())
print(a + b)
