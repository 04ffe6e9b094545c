# problem: upto
# want: wrong
# why: a list subclass that iterates without end

class Endless(list):
    def __iter__(self):
        while True:
            yield 1

    def __len__(self):
        return 1 << 60


class Solution:
    def upto(self, n):
        return Endless([1])
