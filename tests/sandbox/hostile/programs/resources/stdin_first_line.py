# problem: big_stdin
# want: accepted
# why: reads the first line of 100 MB and no more

a, b = map(int, input().split())
print(a + b)
