# problem: plus
# want: accepted
# why: an exit hook that does nothing harmful

import atexit

atexit.register(print, 'bye')


class Solution:
    def plus(self, a, b):
        return a + b
