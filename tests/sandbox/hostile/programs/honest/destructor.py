# problem: sum
# want: accepted
# why: an object that prints when it dies

class Last:
    def __del__(self):
        print(a + b)


a, b = map(int, input().split())
last = Last()
del last
