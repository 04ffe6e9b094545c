# problem: sum
# want: accepted
# why: globals(), __name__, __file__ or no __file__

a, b = map(int, input().split())
assert __name__ == '__main__'
globals()['c'] = a + b
print(c)
