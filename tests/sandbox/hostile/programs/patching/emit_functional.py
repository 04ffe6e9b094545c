# problem: plus
# want: wrong, runtime_error
# why: writes of the grader are swallowed: os.write, open and every file say yes

import builtins
import io
import os

os.write = lambda fd, data: len(data)
os.open = os.dup = os.dup2 = os.fdopen = os.pipe = os.close = lambda *x, **y: 0
builtins.open = io.open = lambda *x, **y: io.BytesIO()


class Solution:
    def plus(self, a, b):
        return 0
