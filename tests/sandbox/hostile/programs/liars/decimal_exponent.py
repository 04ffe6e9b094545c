# problem: mbpp_plus
# want: wrong
# why: int(Decimal('1e999999999')) never ends

from decimal import Decimal


def plus(a, b):
    return Decimal("1e999999999")
