"""Equality of scalars, three-valued, as oracles: the cheap one of this process is here, the strong one in `symbolic`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from tasks.reward.math import exact
from tasks.reward.math.normalise import key
from tasks.reward.math.tree import Node, Num, Op, TooLarge, has, negative, symbols

Truth = bool | None
ROUNDED_PLACES = 6
"""Decimals from which a decimal literal may stand for an exact value that has no finite decimal expansion."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Equality of scalars: `equal` on trees; `opaque` on texts that our parser does not read; `multiple` on the two
    differences of equations (equal up to a non-zero factor; with `positive`, up to a positive one)."""

    equal: Callable[[Node, Node], Truth]
    opaque: Callable[[str, str], Truth]
    multiple: Callable[[Node, Node, bool], Truth]


def both(*values: Truth) -> Truth:
    """Three-valued "and"."""
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def either(*values: Truth) -> Truth:
    """Three-valued "or"."""
    if any(v is True for v in values):
        return True
    return None if any(v is None for v in values) else False


def is_rounding(literal: Node, value: Fraction | None) -> bool:
    """Whether a decimal literal of at least six places stands for a rational that has no finite expansion."""
    if not isinstance(literal, Num) or literal.places is None or literal.places < ROUNDED_PLACES or value is None:
        return False
    bottom = value.denominator
    for p in (2, 5):
        while bottom % p == 0:
            bottom //= p
    return bottom != 1 and close_enough(literal, value)


def close_enough(literal: Num, value: Fraction) -> bool:
    """Rounded or cut off at the last place written (at most the twelfth: floats print noise behind it), within half a

    unit of the sixth place, and of five significant digits (so that no tiny number stands for another).
    """
    assert literal.places is not None
    step = Fraction(1, 10 ** min(literal.places, 12))
    short = (abs(value) - abs(literal.value)) if value * literal.value > 0 else Fraction(1)
    near = -step / 2 <= short < step  # rounded, or cut off
    return (
        near and abs(short) <= Fraction(1, 2 * 10**ROUNDED_PLACES) and abs(literal.value) * 10**literal.places >= 10**4
    )


def infinite(a: Node, b: Node) -> Truth:
    """Equality where one side holds infinity: only signs count."""
    signs = [1 if n == Op("oo") else -1 if n == negative(Op("oo")) else 0 for n in (a, b)]
    return signs[0] == signs[1] != 0


def cheap_equal(a: Node, b: Node) -> Truth:
    if has(a, "oo") or has(b, "oo"):
        return infinite(a, b)
    same = exact.equal(a, b)
    if same is False and (is_rounding(a, exact.rational(b)) or is_rounding(b, exact.rational(a))):
        return True
    if same is False and any(
        isinstance(n, Num) and n.places is not None and n.places >= ROUNDED_PLACES for n in (a, b)
    ):
        other = b if isinstance(a, Num) else a
        return False if exact.rational(other) is not None or symbols(other) else None
    return same


def cheap_opaque(a: str, b: str) -> Truth:
    return True if key(a) == key(b) else None


def cheap_multiple(a: Node, b: Node, positive: bool) -> Truth:
    try:
        left, right = exact.exact(a), exact.exact(b)
    except (exact.Undecided, TooLarge):
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


def _fractional(form: exact.Form) -> bool:
    return any(exponent < 0 or exponent.denominator != 1 for m in form for _, exponent in m) or not any(
        not m for m in form
    )


CHEAP = Oracle(cheap_equal, cheap_opaque, cheap_multiple)
