"""Three-valued equality of scalars: its interface and the cheap implementation; the strong one is in `symbolic`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tasks.reward.math import exact, factored
from tasks.reward.math.expression import Node, Num, Op, TooLarge, has, negative, symbols
from tasks.reward.math.normal_form import Form, Undecided
from tasks.reward.math.normalise import key

Truth = bool | None
_FOR_MATH_VERIFY = re.compile(r"\\(?:int|lim|sum|prod|iint|oint|det|log|ln|frac|sqrt|operatorname|gcd)(?![A-Za-z])")
ROUNDED_PLACES = 6
"""The fewest decimal places of a literal that may stand for a value without a finite decimal expansion."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Three functions that decide equality; each returns None where it cannot.

    `equal` compares two trees; `opaque` two texts that our parser cannot read; `multiple` the differences (left minus
    right) of two equations, which are equal up to a non-zero factor, or a positive one with `positive`.
    """

    equal: Callable[[Node, Node], Truth]
    opaque: Callable[[str, str], Truth]
    multiple: Callable[[Node, Node, bool], Truth]


def both(*values: Truth) -> Truth:
    """Return the three-valued "and"."""
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def either(*values: Truth) -> Truth:
    """Return the three-valued "or"."""
    if any(v is True for v in values):
        return True
    return None if any(v is None for v in values) else False


def pairing(table: Sequence[Sequence[Truth]]) -> Truth:
    """Return whether rows and columns can be paired so that every pair is equal; `table` [rows][columns]."""
    if _assignment(table, lambda v: v is True):
        return True
    return None if _assignment(table, lambda v: v is not False) else False


def _assignment(table: Sequence[Sequence[Truth]], fits: Callable[[Truth], bool]) -> bool:
    """Return True if rows and columns can be paired so that every pair fits (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, value in enumerate(table[row]):
            if fits(value) and column not in seen:
                seen.add(column)
                if column not in taken or place(taken[column], seen):
                    taken[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(table)))


def is_rounding(literal: Node, value: Fraction | None) -> bool:
    """Return True if `literal`, of six places or more, is the rounding of a `value` without finite expansion."""
    if not isinstance(literal, Num) or literal.places is None or literal.places < ROUNDED_PLACES or value is None:
        return False
    bottom = value.denominator
    for p in (2, 5):
        while bottom % p == 0:
            bottom //= p
    return bottom != 1 and close_enough(literal, value)


def close_enough(literal: Num, value: Fraction) -> bool:
    """Return True if `literal` is `value` rounded or cut off at its last place, or a neighbour of it among floats.

    The difference is at most half a unit of the sixth place, and the literal has five significant digits, so that no
    tiny number stands for another.
    """
    assert literal.places is not None
    digits = abs(literal.value) * 10**literal.places
    short = (abs(value) - abs(literal.value)) if value * literal.value > 0 else Fraction(1)
    if abs(short) > Fraction(1, 2 * 10**ROUNDED_PLACES) or digits < 10**4:
        return False
    rounded = -Fraction(1, 2) <= short * 10**literal.places < 1  # or cut off
    # A double prints up to seventeen digits, and the last operation may leave an error of one unit in its last bit.
    noise = literal.places > 12 and digits < 10**17 and abs(short) <= Fraction(math.ulp(float(value)))
    return rounded or noise


def infinite(a: Node, b: Node) -> Truth:
    """Compare two values of which one holds infinity: equal if both are infinite with the same sign."""
    signs = [1 if n == Op("oo") else -1 if n == negative(Op("oo")) else 0 for n in (a, b)]
    return signs[0] == signs[1] != 0


def cheap_equal(a: Node, b: Node) -> Truth:
    """Compare two trees by exact arithmetic and, for long decimals, by rounding."""
    if isinstance(a, Num) and isinstance(b, Num) and not (_long(a) or _long(b)):  # as most answers are
        try:
            return exact.equal(a, b)
        except TooLarge:
            return factored.equal(a, b)
    if has(a, "oo") or has(b, "oo"):
        return infinite(a, b)
    try:
        same = exact.equal(a, b)
    except TooLarge:
        return None if symbols(a) or symbols(b) else factored.equal(a, b)
    if same is not False or not (_long(a) or _long(b)):
        return same
    if (_long(a) and is_rounding(a, exact.rational(b))) or (_long(b) and is_rounding(b, exact.rational(a))):
        return True
    other = b if isinstance(a, Num) else a
    return False if exact.rational(other) is not None or symbols(other) else None


def _long(node: Node) -> bool:
    return isinstance(node, Num) and node.places is not None and node.places >= ROUNDED_PLACES


def cheap_opaque(a: str, b: str) -> Truth:
    """Return True for equal texts; False where one holds words, or both nothing that math-verify is asked about."""
    if key(a) == key(b):
        return True
    if any(a.count(mark) != b.count(mark) for mark in ("'", "\\ldots")):  # math-verify passes over them
        return False
    return None if '"' not in a + b and (_FOR_MATH_VERIFY.search(a) or _FOR_MATH_VERIFY.search(b)) else False


def cheap_multiple(a: Node, b: Node, positive: bool) -> Truth:
    """Compare two differences of equations by their normal forms."""
    try:
        left, right = exact.exact(a), exact.exact(b)
    except (Undecided, TooLarge):
        return None
    if not left or not right:
        return False  # 0 = 0 says nothing
    if set(left) != set(right):
        return (
            None
            if any(not atom.isalnum() for form in (left, right) for m in form for atom, _ in m)
            or _fractional(left)
            or _fractional(right)
            else False
        )
    ratios = {left[m] / right[m] for m in left}
    return len(ratios) == 1 and (not positive or min(ratios) > 0)


def _fractional(form: Form) -> bool:
    """Return True if a monomial has a negative or broken exponent, or none is constant."""
    return any(exponent < 0 or exponent.denominator != 1 for m in form for _, exponent in m) or not any(
        not m for m in form
    )


CHEAP = Oracle(cheap_equal, cheap_opaque, cheap_multiple)
