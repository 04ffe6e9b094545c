# problem: sum
# want: accepted
# why: white space at the end of a line

a, b = map(int, input().split())
print(a + b, end=' \t  \n')
