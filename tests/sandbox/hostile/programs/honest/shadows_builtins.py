# problem: plus
# want: accepted
# why: shadows builtins with names of its own, as programs do

list = [1]
sum = max = min = input = str = id = type = dict = set = 7


class Solution:
    def plus(self, a, b):
        return a + b
