# problem: big_stdin
# want: wrong
# why: never reads 100 MB of stdin

print(7)
