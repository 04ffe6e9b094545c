# problem: plus
# want: wrong, runtime_error
# why: the class exits when it is made

import os


class Solution:
    def __init__(self):
        os._exit(0)

    def plus(self, a, b):
        return 0
