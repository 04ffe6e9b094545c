"""Comparison of two values with percent signs and units."""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.reward.math import exact
from tasks.reward.math.answer_types import Scalar
from tasks.reward.math.expression import PI, Node, Num, has, mul
from tasks.reward.math.oracle import Oracle, Truth, either


def compare_scalars(gold: Scalar, given: Scalar, oracle: Oracle) -> Truth:
    """Compare values, percent signs and units."""
    if gold.node is None or given.node is None:
        if gold.unit and given.unit and gold.unit != given.unit:
            return False
        if gold.percent != given.percent:
            return False
        based = [re.fullmatch(r"[0-9A-Z]+_\d+", s.text) for s in (gold, given)]
        if any(based):
            return all(based) and gold.text == given.text
        return oracle.opaque(gold.text, given.text)
    if gold.unit is None and given.unit is not None and given.unit.foreign_currency:
        return False
    if gold.percent != given.percent:
        if any(s.unit is not None and not s.percent for s in (gold, given)):
            return False  # 90 degrees, 9 values
        return _percent(gold.node, given.node, gold.percent, oracle)
    return _with_units(gold, given, oracle)


def _percent(gold: Node, given: Node, gold_has_sign: bool, oracle: Oracle) -> Truth:
    """Compare a percentage with a bare number: 50% is 0.5, and also 50 if the bare number is above 1."""
    hundredth = Num(Fraction(1, 100))
    exact_value = (
        oracle.equal(mul(gold, hundredth), given) if gold_has_sign else oracle.equal(gold, mul(given, hundredth))
    )
    bare = exact.rational(given if gold_has_sign else gold)
    return either(exact_value, oracle.equal(gold, given) if bare is not None and abs(bare) > 1 else False)


def _with_units(gold: Scalar, given: Scalar, oracle: Oracle) -> Truth:
    """Compare two values whose units, if both name one, are converted; degrees and radians name the same angle."""
    a, b, one, two = gold.node, given.node, gold.unit, given.unit
    assert a is not None, gold
    assert b is not None, given
    if one is two is None:
        return oracle.equal(a, b)
    half_turn = mul(PI, Num(Fraction(1, 180)))
    kinds = {u.dimension if u else None for u in (one, two)}
    if kinds == {"angle", "radian"} or kinds == {"angle", None}:
        left = mul(a, half_turn) if one and one.dimension == "angle" else a
        right = mul(b, half_turn) if two and two.dimension == "angle" else b
        as_radians = oracle.equal(left, right) if has(a, "pi") or has(b, "pi") or None not in kinds else False
        return either(oracle.equal(a, b), as_radians) if None in kinds else as_radians
    if one and two and one.known and two.known and one != two:
        if one.dimension != two.dimension:
            return False
        return oracle.equal(mul(a, Num(one.size)), mul(b, Num(two.size)))
    return oracle.equal(a, b)
