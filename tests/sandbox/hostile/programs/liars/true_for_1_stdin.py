# problem: parity_stdin
# want: wrong
# why: the text True where 1 is expected

print(int(input()) % 2 == 1)
