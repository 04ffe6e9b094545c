"""The absolute tolerance that a reference may state: read, checked, applied."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from tasks.reward.math import exact
from tasks.reward.math.answer_types import Scalar
from tasks.reward.math.expression import Node, has, symbols
from tasks.reward.math.normal_form import Undecided

_NUMBER = re.compile(r"(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,2})?")
_QUOTIENT = re.compile(r"[0-9]{1,40}/[0-9]{1,40}")
_DIGITS = 60


@lru_cache(maxsize=1024)
def read_tolerance(text: str) -> Fraction:
    """Return the tolerance that `text` states; ValueError, which says why, for what is no finite number from 0 up."""
    if _NUMBER.fullmatch(text) or _QUOTIENT.fullmatch(text):
        try:
            return Fraction(text)
        except ZeroDivisionError:
            pass
    raise ValueError("want a finite number from 0 up, as 0.01, 1e-3 or 1/100")


def check_tolerance(limit: Fraction, gold: Node | None) -> None:
    """Raise ValueError for a tolerance that nearly every answer would meet: above 1, and above the gold's own size."""
    value = None if gold is None else approximate(gold)
    if limit > 1 and (value is None or limit > abs(value)):
        raise ValueError("it is larger than the answer itself, and than 1")


def within(gold: Scalar, given: Scalar, limit: Fraction) -> bool:
    """Return True if two values differ by at most `limit`, in the gold's unit; False where a unit or % differs."""
    if gold.node is None or given.node is None or gold.percent != given.percent:
        return False
    one, two = gold.unit, given.unit
    scale = Fraction(1)
    if two is not None and two.known and two != one:
        if one is None or not one.known:
            if two.foreign_currency:
                return False
        elif one.dimension != two.dimension:
            return False
        else:
            scale = two.size / one.size
    values = approximate(gold.node), approximate(given.node)
    if values[0] is None or values[1] is None:
        return False
    return abs(values[0] - values[1] * scale) <= limit


def approximate(node: Node) -> Fraction | None:
    """Return the value of a real number, to 60 digits if it is not rational; None where the cheap layers know none."""
    value = exact.rational(node)
    if value is not None:
        return value
    if symbols(node) or has(node, "i", "oo"):
        return None
    try:
        exact.exact(node)  # what it knows is short, and soon evaluated
    except (Undecided, ValueError):
        return None
    import mpmath

    from tasks.reward.math import numeric

    with mpmath.mp.workdps(_DIGITS):
        number = numeric.evaluate(node, {})
        if mpmath.im(number) != 0 or not mpmath.isfinite(number):
            return None
        return Fraction(int(mpmath.nint(number * 10**_DIGITS)), 10**_DIGITS)
