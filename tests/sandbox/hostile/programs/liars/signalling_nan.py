# problem: mbpp_plus
# want: wrong
# why: Decimal('sNaN') raises in every comparison

from decimal import Decimal


def plus(a, b):
    return Decimal("sNaN")
