# problem: mbpp_plus
# want: wrong
# why: from __future__ in the program does not reach the tests

from __future__ import annotations


def plus(a, b) -> 1 / 0:
    return 0
