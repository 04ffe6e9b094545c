# problem: plus
# want: wrong, runtime_error
# why: everything is registered as a number, and classes answer for each other

import abc
import collections.abc
import numbers

for kind in (numbers.Number, numbers.Integral, collections.abc.Sequence, collections.abc.Mapping):
    kind.register(object)
abc.ABCMeta.__instancecheck__ = abc.ABCMeta.__subclasscheck__ = lambda *x: True


class Solution:
    def plus(self, a, b):
        return 0
