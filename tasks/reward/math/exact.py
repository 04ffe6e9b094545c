"""Exact values by rational arithmetic: the cheap layer. No float, nothing that can run away.

An expression becomes a sum of monomials with rational coefficients. A monomial is a product of powers of primes
(exponents in (0, 1): radicals), of the constants pi, e and i, and of symbols. Different products of prime radicals are
linearly independent over the rationals (Besicovitch 1940), pi is transcendental, and symbols are free: so for sums of
those, equal forms are equal values and different forms are different values.
"""

from __future__ import annotations

import math
import threading
import time
from fractions import Fraction
from functools import lru_cache

from tasks.reward.math.tree import Node, Num, Op, Sym, TooLarge, substitute, symbols

Monomial = tuple[tuple[str, Fraction], ...]
Form = dict[Monomial, Fraction]

MAX_BITS = 40_000
MAX_TERMS = 400
_TRIAL = 2_000  # primes up to here are taken out of radicals
_HALF = Fraction(1, 2)


class Undecided(Exception):
    """The cheap layer does not know this expression's value."""


class _Clock(threading.local):
    """How much of this thread's CPU time one value may take here: beyond it the value is undecided, and a worker's business. Not wall time:
    on a busy machine the same value would be decided here one time and not the next."""

    budget_s = 0.05
    until: float | None = None


clock = _Clock()


def _tick() -> None:
    if clock.until is not None and time.thread_time() > clock.until:
        raise Undecided("takes too long here")


def _limit(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise TooLarge("a number of too many digits")
    return value


def rational_power(base: Fraction, exponent: int) -> Fraction:
    """base ** exponent, refused (TooLarge) before it is computed where it would be huge; Undecided for 0 ** -1."""
    if base == 0 and exponent < 0:
        raise Undecided("division by zero")
    if base not in (0, 1, -1):
        bits = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
        if (bits - 1 or 1) * abs(exponent) > MAX_BITS:
            raise TooLarge("a power of too many digits")
    return base**exponent


def constant(value: Fraction) -> Form:
    return {(): value} if value else {}


def _monomial(powers: dict[str, Fraction]) -> tuple[Monomial, Fraction]:
    """The monomial in normal form (prime exponents in [0, 1), i to the power 0 or 1) and the rational taken out."""
    factor = Fraction(1)
    kept: dict[str, Fraction] = {}
    for atom, exponent in powers.items():
        if atom.isdigit():
            whole = math.floor(exponent)
            if whole:
                factor *= rational_power(Fraction(int(atom)), whole)
            exponent -= whole
        elif atom == "\\i":
            if exponent.denominator != 1:
                raise Undecided("a root of i")
            turns = exponent.numerator % 4
            factor *= -1 if turns >= 2 else 1
            exponent = Fraction(turns % 2)
        if exponent:
            kept[atom] = exponent
    return tuple(sorted(kept.items())), _limit(factor)


def _add(a: Form, b: Form) -> Form:
    _tick()
    total = dict(a)
    for monomial, value in b.items():
        new = _limit(total.get(monomial, Fraction(0)) + value)
        if new:
            total[monomial] = new
        else:
            total.pop(monomial, None)
    return total


def _mul(a: Form, b: Form) -> Form:
    if len(a) * len(b) > MAX_TERMS:
        raise Undecided("too many terms")
    total: Form = {}
    for m1, v1 in a.items():
        _tick()
        for m2, v2 in b.items():
            powers = dict(m1)
            for atom, exponent in m2:
                powers[atom] = powers.get(atom, Fraction(0)) + exponent
            monomial, factor = _monomial(powers)
            total = _add(total, {monomial: _limit(v1 * v2 * factor)})
    return total


def _factor(number: int) -> dict[int, int]:
    """The prime factorisation; Undecided where a factor beyond trial division is left that is not surely prime."""
    factors: dict[int, int] = {}
    if number.bit_length() > 2000:
        raise Undecided("too large to factorise")
    p = 2
    while p * p <= number and p < _TRIAL:
        while number % p == 0:
            factors[p] = factors.get(p, 0) + 1
            number //= p
        p += 1 if p == 2 else 2
    if number > 1:
        if number >= _TRIAL * _TRIAL:
            raise Undecided("a radical of a large number")
        factors[number] = factors.get(number, 0) + 1
    return factors


def rational_root(value: Fraction, exponent: Fraction) -> Form:
    """value ** exponent in normal form; the root of a negative number only where it is a square root."""
    if value == 0:
        if exponent <= 0:
            raise Undecided("0 to a power that is not positive")
        return {}
    if exponent.denominator == 1:
        return constant(_limit(rational_power(value, exponent.numerator)))
    powers: dict[str, Fraction] = {}
    sign = Fraction(1)
    if value < 0:
        if exponent.denominator == 2:
            powers["\\i"] = Fraction(exponent.numerator)
        else:
            raise Undecided("a root of a negative number")
    for number, direction in ((abs(value.numerator), 1), (value.denominator, -1)):
        for prime, count in _factor(number).items():
            powers[str(prime)] = powers.get(str(prime), Fraction(0)) + direction * count * exponent
    monomial, factor = _monomial(powers)
    return {monomial: sign * factor}


def _power(base: Form, exponent: Form) -> Form:
    if set(exponent) - {()}:
        raise Undecided("an exponent that is no rational number")
    value = exponent.get((), Fraction(0))
    if value == 0:
        if not base:
            raise Undecided("0 to the power 0")
        return constant(Fraction(1))
    if not base:
        if value < 0:
            raise Undecided("division by zero")
        return {}
    if len(base) == 1:
        return _monomial_power(*next(iter(base.items())), value)
    if value.denominator != 1:
        raise Undecided("a root of a sum")
    if value < 0:
        raise Undecided("division by a sum")
    if value > 40:
        raise Undecided("a high power of a sum")
    result, square, count = constant(Fraction(1)), base, value.numerator
    while count:
        if count & 1:
            result = _mul(result, square)
        count >>= 1
        if count:
            square = _mul(square, square)
    return result


def _monomial_power(monomial: Monomial, coefficient: Fraction, value: Fraction) -> Form:
    if value.denominator != 1:
        free = [(atom, exponent) for atom, exponent in monomial if not atom.isdigit()]
        # (c x)^q = c^q x^q needs c > 0 and x itself (of (x^2)^(1/2) the sign is lost); pi and e are positive.
        if coefficient < 0 and monomial:
            raise Undecided("a root of a negative product")
        if (
            any(atom == "\\i" or (atom[0] != "\\" and exponent != 1) for atom, exponent in free)
            or len([a for a, _ in free if a[0] != "\\"]) > 1
        ):
            raise Undecided("a root of a product of symbols")
    powers = {atom: exponent * value for atom, exponent in monomial}
    new, factor = _monomial(powers)
    return _mul({new: factor}, rational_root(coefficient, value))


def _combinatorial(head: str, args: list[Fraction]) -> Fraction:
    if any(a.denominator != 1 for a in args):
        raise Undecided(f"{head} of a fraction")
    numbers = [a.numerator for a in args]
    if head == "factorial":
        if numbers[0] < 0:
            raise Undecided("the factorial of a negative number")
        if numbers[0] > 3000:
            raise TooLarge("a factorial of too many digits")
        return Fraction(math.factorial(numbers[0]))
    if head == "binomial":
        n, k = numbers
        if n < 0 or k < 0:
            raise Undecided("a binomial of negative numbers")
        if min(k, n - k) > 0 and ((n.bit_length() * min(k, n - k) > MAX_BITS and n > MAX_BITS) or n > 200_000):
            raise TooLarge("a binomial of too many digits")
        return _limit(Fraction(math.comb(n, k)))
    if head == "gcd":
        return Fraction(math.gcd(*numbers))
    return Fraction(math.lcm(*numbers))


def _rational_function(head: str, forms: list[Form]) -> Form:
    values = []
    for form in forms:
        if set(form) - {()}:
            raise Undecided(f"{head} of a number that is not rational")
        values.append(form.get((), Fraction(0)))
    if head == "floor":
        return constant(Fraction(math.floor(values[0])))
    if head == "ceil":
        return constant(Fraction(math.ceil(values[0])))
    if head == "abs":
        return constant(abs(values[0]))
    if head == "max":
        return constant(max(values))
    if head == "min":
        return constant(min(values))
    if head == "mod":
        if values[1] == 0:
            raise Undecided("modulo zero")
        return constant(values[0] % values[1])
    return constant(_combinatorial(head, values))


def _series(node: Op) -> Form:
    body, index, low, high = node.args
    ends = [exact(low), exact(high)]
    if any(set(end) - {()} for end in ends) or not isinstance(index, Sym):
        raise Undecided("a series whose ends are no numbers")
    first, last = (end.get((), Fraction(0)) for end in ends)
    if first.denominator != 1 or last.denominator != 1:
        raise Undecided("a series whose ends are no integers")
    if last - first > 5000:
        raise TooLarge("a series of too many terms")
    total = constant(Fraction(node.head == "prod"))
    for k in range(first.numerator, last.numerator + 1):
        _tick()
        term = exact(substitute(body, index.name, Num(Fraction(k))))
        total = _mul(total, term) if node.head == "prod" else _add(total, term)
    return total


_RATIONAL = frozenset({"floor", "ceil", "abs", "max", "min", "mod", "factorial", "binomial", "gcd", "lcm"})


@lru_cache(maxsize=4096)
def _exact(node: Node) -> Form:
    if isinstance(node, Num):
        return constant(_limit(node.value))
    if isinstance(node, Sym):
        return {((node.name, Fraction(1)),): Fraction(1)}
    if node.head in ("pi", "e", "i"):
        return {((f"\\{node.head}", Fraction(1)),): Fraction(1)}
    if node.head == "add":
        total: Form = {}
        for arg in node.args:
            total = _add(total, _exact(arg))
        return total
    if node.head == "mul":
        total = constant(Fraction(1))
        for arg in node.args:
            total = _mul(total, _exact(arg))
        return total
    if node.head == "pow":
        return _power(_exact(node.args[0]), _exact(node.args[1]))
    if node.head == "root":
        degree = _exact(node.args[1])
        if set(degree) - {()} or not degree or degree[()].denominator != 1 or degree[()] <= 0:
            raise Undecided("a root of a strange degree")
        inner, n = _exact(node.args[0]), degree[()].numerator
        if n % 2 and set(inner) == {()} and inner[()] < 0:  # the real root
            return _mul(constant(Fraction(-1)), rational_root(-inner[()], Fraction(1, n)))
        return _power(inner, constant(Fraction(1, n)))
    if node.head in ("sum", "prod"):
        return _series(node)
    if node.head in _RATIONAL:
        return _rational_function(node.head, [_exact(arg) for arg in node.args])
    raise Undecided(node.head)


def exact(node: Node) -> Form:
    """The normal form; Undecided where this layer does not know it, TooLarge where nobody should compute it."""
    if clock.until is not None:
        return _exact(node)
    clock.until = time.thread_time() + clock.budget_s
    try:
        return _exact(node)
    finally:
        clock.until = None


def rational(node: Node) -> Fraction | None:
    """The value where it is a rational number that the cheap layer finds, else None."""
    try:
        form = exact(node)
    except (Undecided, TooLarge):
        return None
    return form.get((), Fraction(0)) if set(form) <= {()} else None


def _canonical(form: Form) -> bool:
    """Whether different forms of this kind are different values (see the head of this module)."""
    return all(
        atom.isdigit() or atom in ("\\i", "\\pi") or (atom[0] != "\\" and exponent.denominator == 1)
        for m in form
        for atom, exponent in m
    )


def equal(a: Node, b: Node) -> bool | None:
    """Whether two expressions are equal; None where the cheap layer cannot tell. TooLarge is "no": nobody's answer."""
    if a == b and not isinstance(a, Op):
        return True
    try:
        left, right = exact(a), exact(b)
    except Undecided:
        return None
    except TooLarge:
        return None if symbols(a) or symbols(b) else False
    if left == right:
        return True
    return False if _canonical(left) and _canonical(right) else None


def render(form: Form) -> str:
    """A text for a normal form: equal forms, equal texts."""
    if not form:
        return "0"
    terms = []
    for monomial, value in sorted(form.items()):
        atoms = "*".join(
            f"{atom.lstrip(chr(92))}" + (f"^({exponent})" if exponent != 1 else "") for atom, exponent in monomial
        )
        if not atoms:
            terms.append(_digits(value))
        else:
            terms.append(atoms if value == 1 else f"{_digits(value)}*{atoms}")
    return " + ".join(terms)


def _digits(value: Fraction) -> str:
    """str(value), also beyond the 4300 digits that Python writes."""
    if max(abs(value.numerator), value.denominator).bit_length() < 10_000:
        return str(value)
    return f"{value.numerator:#x}/{value.denominator:#x}"
