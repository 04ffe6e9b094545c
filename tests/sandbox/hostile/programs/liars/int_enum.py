# problem: mbpp_plus
# want: wrong
# why: an IntEnum member is an instance of a subclass, which may lie: refused

from enum import IntEnum


def plus(a, b):
    return IntEnum("Answer", {"x": a + b}).x
