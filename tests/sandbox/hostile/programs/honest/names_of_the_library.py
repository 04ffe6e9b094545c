# problem: plus
# want: accepted
# why: defines names that a driver may use too

import json as _json

name = method = code = payload = emit = main = line = k = args = job = values = result = None


def dumps(*x):
    raise ValueError


len_ = len


class Solution:
    def plus(self, a, b):
        return a + b
