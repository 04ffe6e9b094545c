"""Equality by values of many digits (mpmath). Runs in a worker only: it may take long or exhaust memory.

Two closed forms count as equal if their difference vanishes with the precision (60 and 97 against 300 digits), and with
symbols at every one of a fixed set of points: a polynomial-identity test, without simplification that may hang.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
from mpmath import mp

from tasks.reward.math import exact
from tasks.reward.math.expression import Node, Num, Op, ParseError, Sym, TooLarge, has, substitute, symbols, walk
from tasks.reward.math.oracle import close_enough

DIGITS = (60, 97, 300)
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
MAX_EXPONENT = 10**7
MAX_PLACES = 3_000  # in front of the point: beyond, a difference is not looked for
MAX_PARTS = 40

_UNARY: Mapping[str, Callable[[Any], Any]] = {
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "cot": mpmath.cot,
    "sec": mpmath.sec,
    "csc": mpmath.csc,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "coth": mpmath.coth,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "arccot": mpmath.acot,
    "arcsec": mpmath.asec,
    "arccsc": mpmath.acsc,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "abs": abs,
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "sign": mpmath.sign,
}


def _is_real(value: Any) -> bool:
    return bool(mpmath.im(value) == 0)


def _power(base: Any, exponent: Any, exact_exponent: Fraction | None) -> Any:
    """Return base ** exponent, the real root of a negative number for an odd degree; TooLarge before it is computed."""
    if abs(exponent) * max(1, abs(mpmath.log(abs(base)) if base else 0)) > MAX_EXPONENT:
        raise TooLarge("a power of too many digits")
    if base == 0 and mpmath.re(exponent) <= 0:
        raise ZeroDivisionError
    if (
        exact_exponent is not None
        and exact_exponent.denominator % 2
        and exact_exponent.denominator > 1
        and _is_real(base)
        and base < 0
    ):
        root = -mpmath.root(-base, exact_exponent.denominator)  # the real root of a negative number
        return root**exact_exponent.numerator
    return mpmath.power(base, exponent)


def evaluate(node: Node, point: Mapping[str, Any]) -> Any:
    """Return the value at a point, at mpmath's current precision; ZeroDivisionError or ValueError if there is none."""
    if isinstance(node, Num):
        return mpmath.mpf(node.value.numerator) / node.value.denominator
    if isinstance(node, Sym):
        return point[node.name]
    if node.head in ("pi", "e"):
        return +getattr(mp, node.head)
    if node.head == "i":
        return mpmath.mpc(0, 1)
    if node.head in ("sum", "prod"):
        return _series(node, point)
    args = [evaluate(a, point) for a in node.args]
    if node.head == "add":
        return mpmath.fsum(args)
    if node.head == "mul":
        return mpmath.fprod(args)
    if node.head == "pow":
        return _power(args[0], args[1], exact.rational(node.args[1]))
    if node.head == "root":
        degree = exact.rational(node.args[1])
        return _power(args[0], 1 / args[1], None if degree is None or degree == 0 else 1 / degree)
    if node.head == "log":
        return mpmath.log(args[0]) / mpmath.log(args[1]) if len(args) == 2 else mpmath.log(args[0])
    if node.head in _UNARY and len(args) == 1:
        return _UNARY[node.head](args[0])
    return _several(node.head, args)


def _several(head: str, args: Sequence[Any]) -> Any:
    """Return a function that may have several arguments."""
    if any(abs(a) > 10**6 for a in args) and head in ("factorial", "binomial"):
        raise TooLarge(head)
    if head == "factorial":
        return mpmath.factorial(args[0])
    if head == "binomial":
        return mpmath.binomial(*args)
    if head in ("max", "min") and all(_is_real(a) for a in args):
        return (max if head == "max" else min)(args)
    if head == "mod":
        return args[0] - args[1] * mpmath.floor(args[0] / args[1])
    if head in ("gcd", "lcm"):
        raise ValueError("only of integers")
    if head == "rounded":
        scale = mpmath.mpf(10) ** int(args[1])
        return mpmath.floor(args[0] * scale + mpmath.mpf(1) / 2) / scale
    raise ParseError(head)


def _series(node: Op, point: Mapping[str, Any]) -> Any:
    """Return a finite sum or product at a point; TooLarge for more than 5,000 terms."""
    body, index, low, high = node.args
    first, last = evaluate(low, point), evaluate(high, point)
    if not isinstance(index, Sym) or first != mpmath.floor(first) or last != mpmath.floor(last):
        raise ValueError("a series between no integers")
    if last - first > 5000:
        raise TooLarge("a series of too many terms")
    terms = [evaluate(substitute(body, index.name, Num(Fraction(k))), point) for k in range(int(first), int(last) + 1)]
    return mpmath.fsum(terms) if node.head == "sum" else mpmath.fprod(terms)


def _difference(a: Node, b: Node, point: Mapping[str, Fraction], digits: int) -> Any:
    """Return a - b at a point; None if one has no value there, or turns complex without i being written."""
    with mp.workdps(digits):
        values = {name: mpmath.mpf(v.numerator) / v.denominator for name, v in point.items()}
        try:
            left, right = evaluate(a, values), evaluate(b, values)
        except (ZeroDivisionError, ValueError, OverflowError):
            return None
        if not (mpmath.isfinite(left) and mpmath.isfinite(right)):
            return None
        tiny = mpmath.mpf(10) ** (-digits // 2)
        imaginary = [abs(mpmath.im(v)) > tiny * (1 + abs(v)) for v in (left, right)]
        # Reals are meant unless i is written: a root or a logarithm that turns complex leaves the domain.
        if point and any(imaginary) and not (has(a, "i") or has(b, "i")):
            return None
        return left - right


def points(names: Sequence[str]) -> list[dict[str, Fraction]]:
    """Return twelve fixed points: positive rationals, rationals of both signs, small integers."""
    found = []
    for trial in range(12):
        point = {}
        for k, name in enumerate(names):
            p, q = _PRIMES[(trial + 3 * k) % 12], _PRIMES[(5 * trial + 7 * k + 4) % 12]
            value = Fraction(p, q) + Fraction(k + 1, 7 + trial)
            if 4 <= trial < 8:
                value *= -1 if (trial + k) % 2 == 0 else 1
            point[name] = value if trial < 8 else Fraction(2 + (trial * (k + 2) + 3 * k) % 9)
        found.append(point)
    return found


def _may_be_large(node: Node) -> bool:
    """Return True where a part may be too large for 60 digits: a number, a factorial, a power that is not small."""
    for part in walk(node):
        if isinstance(part, Num) and abs(part.value) > 10**6:
            return True
        if isinstance(part, Op) and (
            part.head in ("factorial", "binomial", "sinh", "cosh", "prod")
            or (part.head == "pow" and not (isinstance(part.args[1], Num) and abs(part.args[1].value) <= 20))
        ):
            return True
    return False


def _places(node: Node, point: Mapping[str, Fraction]) -> int:
    """Return the digits in front of the point of the largest part of a sum or of a value, 0 where it has no value."""
    parts = [arg for n in walk(node) if isinstance(n, Op) and n.head == "add" for arg in n.args]
    largest = 0
    with mp.workdps(DIGITS[0]):
        values = {name: mpmath.mpf(v.numerator) / v.denominator for name, v in point.items()}
        for part in (node, *parts[:MAX_PARTS]):
            try:
                value = abs(evaluate(part, {**values}))
            except (ZeroDivisionError, ValueError, OverflowError, KeyError):
                continue
            if mpmath.isfinite(value) and value > 1:
                largest = max(largest, int(mpmath.log10(value)))
    return largest


def vanishes(a: Node, b: Node, point: Mapping[str, Fraction]) -> bool | None:
    """Return whether a = b at a point; None if the point is outside their domain."""
    extra = max((_places(node, point) for node in (a, b) if _may_be_large(node)), default=0)
    if extra > MAX_PLACES:
        return None
    differences = [_difference(a, b, point, digits + extra) for digits in DIGITS]
    known = [d for d in differences if d is not None]
    if len(known) < len(differences):
        return None
    high = abs(known[-1])
    with mp.workdps(DIGITS[-1]):
        # A true difference has its full size at the lower precisions too; rounding noise shrinks as digits grow.
        seen = max(abs(d) for d in known[:-1])
        return bool(high == 0 or high < (mpmath.mpf(10) ** -200 if seen == 0 else seen * mpmath.mpf(10) ** -100))


def equal(a: Node, b: Node) -> bool | None:
    """Return whether two expressions are equal; None if both have values at fewer than three points."""
    names = sorted(symbols(a) | symbols(b))
    if not names:
        return vanishes(a, b, {})
    results = [vanishes(a, b, point) for point in points(names)]
    known = [r for r in results if r is not None]
    if not all(known):
        return False
    return True if len(known) >= 3 else None


def fingerprint(node: Node) -> str:
    """Return the value to twenty digits, with symbols at three points; "" where there is none.

    A value that is a simple rational number to many digits is written as that.
    """
    names = sorted(symbols(node))
    texts: list[str] = []
    with mp.workdps(DIGITS[0]):
        for point in points(names)[:8] if names else [{}]:
            values = {name: mpmath.mpf(v.numerator) / v.denominator for name, v in point.items()}
            try:
                value = evaluate(node, values)
            except (ZeroDivisionError, ValueError, OverflowError):
                continue
            if mpmath.isfinite(value):
                texts.append(_digits(value))
            if len(texts) == 3:
                break
    return f"{', '.join(names)}: {'; '.join(texts)}" if names and texts else "".join(texts)


def _digits(value: Any) -> str:
    tiny = mpmath.mpf(10) ** -(DIGITS[0] // 2)
    real, imaginary = mpmath.re(value), mpmath.im(value)
    parts = [(real, "")] if abs(imaginary) < tiny * (1 + abs(value)) else [(real, ""), (imaginary, "i")]
    texts = []
    for number, mark in parts:
        simple = Fraction(int(mpmath.nint(number * 10**40)), 10**40).limit_denominator(1000)
        near = abs(number - mpmath.mpf(simple.numerator) / simple.denominator) < tiny
        texts.append((str(simple) if near else str(mpmath.nstr(number, 20))) + mark)
    return " + ".join(texts)


def rounds_to(literal: Num, exact_value: Node) -> bool:
    """Return True if `literal` is the rounding of `exact_value`, a number without finite decimal expansion."""
    if symbols(exact_value) or literal.places is None:
        return False
    places = literal.places + 10
    with mp.workdps(DIGITS[0] + places):
        value = evaluate(exact_value, {})
        if not _is_real(value) or not mpmath.isfinite(value) or abs(value) > 10**30:
            return False
        digits = Fraction(int(mpmath.nint(value * mpmath.mpf(10) ** places)), 10**places)
    return close_enough(literal, digits)


def multiple(a: Node, b: Node, positive: bool) -> bool | None:
    """Return whether a = c b for one number c that is not zero, or with `positive` above zero; None if unknown."""
    names = sorted(symbols(a) | symbols(b))
    ratios: list[Any] = []
    with mp.workdps(DIGITS[0]):
        for point in points(names):
            values = {name: mpmath.mpf(v.numerator) / v.denominator for name, v in point.items()}
            try:
                left, right = evaluate(a, values), evaluate(b, values)
                if abs(right) > mpmath.mpf(10) ** -30:
                    ratios.append(left / right)
            except (ZeroDivisionError, ValueError, OverflowError):
                continue
        if len(ratios) < 3:
            return None
        first = ratios[0]
        same = all(abs(r - first) < mpmath.mpf(10) ** -40 * abs(first) for r in ratios)
        return bool(same and first != 0 and (not positive or mpmath.re(first) > 0))
