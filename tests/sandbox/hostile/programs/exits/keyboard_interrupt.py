# problem: plus
# want: wrong, runtime_error
# why: KeyboardInterrupt ends graders that do not expect it

class Solution:
    def plus(self, a, b):
        raise KeyboardInterrupt
