r"""The strong oracle, for a worker process that can be killed: exact, then numeric, then math-verify.

math-verify reads what this package's parser cannot (integrals, limits, infinite sums). Numbers are then compared by
value; other expressions are equal if math-verify says so in both directions, on texts with the same symbols. Its faults
are avoided: each side goes in as one \boxed{} (several boxes become a set), it never gets the model's own text, its
in-thread timeouts are off (the worker is killed instead), and plain numbers never reach it (it takes all tiny numbers
for equal, and `70\,000` for 0).
"""

from __future__ import annotations

import re
from typing import Any

from tasks.reward.math import exact, numeric
from tasks.reward.math.answer_parser import read
from tasks.reward.math.answer_types import Scalar
from tasks.reward.math.equivalence import equivalent_latex
from tasks.reward.math.expression import Node, Num, ParseError, TooLarge, symbols
from tasks.reward.math.normal_form import Undecided
from tasks.reward.math.oracle import ROUNDED_PLACES, Oracle, Truth, cheap_equal, cheap_multiple, cheap_opaque

_MAX_TEXT = 400
_DIGITS = 40
_WORD = re.compile(r"\\[A-Za-z]+|[A-Za-z]+")


def strong_equal(a: Node, b: Node) -> Truth:
    """Compare two trees exactly, then by rounding, then by their values."""
    cheap = cheap_equal(a, b)
    if cheap is not None:
        return cheap
    if not (symbols(a) or symbols(b)) and exact.too_large(a, b):
        return None  # of such values a few hundred digits say nothing
    for literal, other in ((a, b), (b, a)):
        if isinstance(literal, Num) and literal.places is not None and literal.places >= ROUNDED_PLACES:
            try:
                if numeric.rounds_to(literal, other):
                    return True
            except (TooLarge, ParseError, ValueError, ZeroDivisionError, OverflowError):
                return None
    try:
        return numeric.equal(a, b)
    except (TooLarge, ParseError, RecursionError):
        return None


def strong_multiple(a: Node, b: Node, positive: bool) -> Truth:
    """Compare two differences of equations by their normal forms, then by their values."""
    cheap = cheap_multiple(a, b, positive)
    if cheap is not None:
        return cheap
    try:
        return numeric.multiple(a, b, positive)
    except (TooLarge, ParseError, RecursionError):
        return None


def _nesting(text: str) -> int:
    """Return the depth of the deepest brackets."""
    deepest = depth = 0
    for char in text:
        depth += (char in "{([") - (char in "})]")
        deepest = max(deepest, depth)
    return deepest


def _free_names(parsed: Any) -> frozenset[str]:
    return frozenset(str(s) for s in getattr(parsed, "free_symbols", ()))


def strong_opaque(gold: str, given: str) -> Truth:
    """Compare by math-verify two texts of which our parser cannot read at least one."""
    cheap = cheap_opaque(gold, given)
    if cheap is not None:
        return cheap
    if not (gold + given).isascii() or "$" in gold + given:  # math-verify drops what it does not know
        return None
    if max(len(gold), len(given)) > _MAX_TEXT or max(_nesting(gold), _nesting(given)) > 20:
        return None
    import sympy
    from math_verify import LatexExtractionConfig, parse, verify

    config = [LatexExtractionConfig(boxed_match_priority=0)]
    one, two = (
        parse(
            rf"\boxed{{{t}}}", config, fallback_mode="no_fallback", extraction_mode="first_match", parsing_timeout=None
        )
        for t in (gold, given)
    )
    if len(one) != 1 or len(two) != 1 or not all(isinstance(v[0], sympy.Expr) for v in (one, two)):
        return None
    left, right = one[0], two[0]
    if not (left.free_symbols or right.free_symbols):
        return _same_number(left, right)
    if _free_names(left.doit()) != _free_names(right.doit()):
        return False
    how = {"float_rounding": 15, "numeric_precision": 40, "strict": True, "timeout_seconds": None}
    return bool(verify(left, right, **how) and verify(right, left, **how))


def _same_number(left: Any, right: Any) -> Truth:
    """Compare two numbers to 30 digits, relatively; sums and integrals are simplified only if they do not evaluate.

    Infinity equals itself only: by its size every difference from it would be small.
    """
    values = []
    for expression in (left, right):
        value = expression.evalf(_DIGITS)
        value = value if _is_value(value) else expression.doit().evalf(_DIGITS)
        if not _is_value(value):
            return None
        values.append(value)
    if not all(v.is_finite for v in values):
        return bool(values[0] == values[1])
    scale = max(abs(v) for v in values)
    return bool(abs(values[0] - values[1]) <= scale * 10**-30)


def _is_value(value: Any) -> bool:
    """Return True for a complex number, and for infinity of either sign; not for what is undefined."""
    if not value.is_finite:
        return bool(value.is_extended_real and value.is_infinite)
    return bool(value.is_Number or (value.is_number and all(part.is_Number for part in value.as_real_imag())))


STRONG = Oracle(strong_equal, strong_opaque, strong_multiple)


def accepts(gold: str, given: str) -> bool:
    """Return True if the answer `given` is accepted for `gold`, both raw LaTeX; what cannot be decided is not."""
    return equivalent_latex(gold, given, STRONG) is True


def value_form(given: str) -> str:
    """Return a text for the values of a tidy answer that has no exact form, equal for equal answers; "" for others."""
    try:
        answer = read(given)
        if not isinstance(answer, Scalar) or answer.node is None or exact.too_large(answer.node):
            return ""
        node = answer.node
        try:
            exact.exact(node)
            return ""
        except Undecided:
            return numeric.fingerprint(node)
    except (ParseError, TooLarge, RecursionError):
        return ""
