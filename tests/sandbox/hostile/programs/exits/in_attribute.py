# problem: plus
# want: wrong, runtime_error
# why: looking the method up exits

import os


class Solution:
    def __getattribute__(self, name):
        os._exit(0)
