# problem: sum
# want: accepted
# why: exit() after the right output

a, b = map(int, input().split())
print(a + b)
exit()
