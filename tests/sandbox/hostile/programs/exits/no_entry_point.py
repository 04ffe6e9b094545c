# problem: plus
# want: wrong, runtime_error
# why: the class that is called does not exist

class Answer:
    def plus(self, a, b):
        return a + b
