# problem: mbpp_plus
# want: accepted
# why: the function is a bound method

class Plus:
    def add(self, a, b):
        return a + b


plus = Plus().add
