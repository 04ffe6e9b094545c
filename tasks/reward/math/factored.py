"""Exact comparison of values too large to be written out: sums of products of prime powers.

`3001!/3000!`, `2^{2^{100}}` and `binom(40500, 20250)` are products of prime powers, whose exponents are small enough to
be computed. Two such sums are equal if their difference, without the factor that all of its terms share, is zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import gcd

from tasks.reward.math import exact
from tasks.reward.math.expression import Node, Num, Op, TooLarge
from tasks.reward.math.normal_form import OutOfTime, Undecided, check_clock, clock

Powers = Mapping[int, int]  # prime: exponent
Sum = tuple[tuple[Fraction, Powers], ...]

MAX_FACTORIAL = 2_000_000
QUICK_FACTORIAL = 20_000  # larger ones take a worker's time
_WORKER_BUDGET_S = 0.5
MAX_TERMS = 30
MAX_EXPONENT_BITS = 40_000
MAX_BITS = 2_000_000  # of what is left of a difference
_TRIAL = 2_000


@lru_cache(maxsize=8)
def _primes(limit: int) -> tuple[int, ...]:
    """Return the primes up to `limit`."""
    sieve = bytearray([1]) * (limit + 1)
    sieve[:2] = b"\0\0"[: limit + 1]
    for p in range(2, int(limit**0.5) + 1):
        if sieve[p]:
            sieve[p * p :: p] = bytes(len(range(p * p, limit + 1, p)))
    return tuple(n for n in range(limit + 1) if sieve[n])


def _of_integer(number: int) -> Powers:
    """Return the factors of a number above 0: primes, and perhaps one large factor that is taken as it is.

    Undecided for a large factor: another number may share a part of it.
    """
    powers: Counter[int] = Counter()
    for p in _primes(_TRIAL):
        if p * p > number:
            break
        while number % p == 0:
            powers[p] += 1
            number //= p
    if number >= _TRIAL * _TRIAL:
        raise Undecided("too large to factorise")
    if number > 1:
        powers[number] += 1
    return powers


def _product(one: Powers, two: Powers, exponent: int = 1) -> Powers:
    """Return one * two^exponent."""
    powers = dict(one)
    for prime, n in two.items():
        powers[prime] = powers.get(prime, 0) + n * exponent
        if not powers[prime]:
            del powers[prime]
    return powers


def _of_factorial(n: int) -> Powers:
    """Return the factors of n! (Legendre 1830)."""
    if n > QUICK_FACTORIAL and clock.budget_s < _WORKER_BUDGET_S:
        raise OutOfTime("a large factorial")
    powers = {}
    for p in _primes(n):
        count, q = 0, n
        while q:
            q //= p
            count += q
        powers[p] = count
    return powers


def _whole(node: Node, largest: int, what: str) -> int:
    value = exact.rational(node)
    if value is None or value.denominator != 1 or value < 0:
        raise Undecided(what)
    if value > largest:
        raise TooLarge(what)
    return value.numerator


def _terms(node: Node) -> Sum:
    """Return a value as a sum of rational multiples of products of prime powers; Undecided, TooLarge."""
    check_clock()
    if isinstance(node, Num):
        return _constant(node.value)
    if not isinstance(node, Op):
        raise Undecided("a symbol")
    if node.head == "add":
        return _merged([term for arg in node.args for term in _terms(arg)])
    if node.head == "mul":
        total: Sum = _constant(Fraction(1))
        for arg in node.args:
            factor = _terms(arg)
            if len(total) * len(factor) > MAX_TERMS:
                raise Undecided("too many terms")
            total = _merged([(c * d, _product(m, n)) for c, m in total for d, n in factor])
        return total
    if node.head == "pow":
        return _power(node)
    if node.head == "factorial":
        return ((Fraction(1), _of_factorial(_whole(node.args[0], MAX_FACTORIAL, "a factorial"))),)
    if node.head == "binomial":
        n, k = (_whole(arg, MAX_FACTORIAL, "a binomial") for arg in node.args)
        if k > n:
            return ()
        below = _product(_of_factorial(k), _of_factorial(n - k))
        return ((Fraction(1), _product(_of_factorial(n), below, -1)),)
    value = exact.rational(node)
    if value is None:
        raise Undecided(node.head)
    return _constant(value)


def _constant(value: Fraction) -> Sum:
    """Return a rational number; its small factors are prime powers, so that it meets those of other terms."""
    if not value:
        return ()
    try:
        powers = _product(_of_integer(abs(value.numerator)), _of_integer(value.denominator), -1)
    except Undecided:
        return ((value, {}),)
    return ((Fraction(1 if value > 0 else -1), powers),)


def _power(node: Op) -> Sum:
    base = _terms(node.args[0])
    exponent = exact.rational(node.args[1])
    if exponent is None or exponent.denominator != 1:
        raise Undecided("an exponent that is no integer")
    n = exponent.numerator
    if n.bit_length() > MAX_EXPONENT_BITS:
        raise TooLarge("an exponent")
    if n == 0:
        raise Undecided("a power of exponent 0")
    if not base:
        if n < 0:
            raise Undecided("division by zero")
        return ()
    if len(base) > 1:
        if not 0 < n <= 4:
            raise Undecided("a power of a sum")
        return _terms(Op("mul", (node.args[0],) * n))
    ((coefficient, powers),) = base
    if abs(coefficient) != 1:
        raise Undecided("a power of a large number")
    sign = coefficient if n % 2 else Fraction(1)
    return ((sign, {prime: count * n for prime, count in powers.items()}),)


def _merged(terms: list[tuple[Fraction, Powers]]) -> Sum:
    """Return the sum with equal products added up."""
    totals: dict[frozenset[tuple[int, int]], Fraction] = {}
    for coefficient, powers in terms:
        name = frozenset(powers.items())
        totals[name] = totals.get(name, Fraction(0)) + coefficient
    if len(totals) > MAX_TERMS:
        raise Undecided("too many terms")
    return tuple((c, dict(name)) for name, c in totals.items() if c)


def _is_zero(terms: Sum) -> bool:
    """Return whether a sum is zero. Undecided where what is left without the common factor is too large."""
    if len(terms) < 2:
        return not terms
    primes = {prime for _, powers in terms for prime in powers}
    if len(primes) > 2_000_000:
        raise Undecided("too many primes")
    common = {p: min(powers.get(p, 0) for _, powers in terms) for p in primes}
    bottom = 1
    for coefficient, _ in terms:
        bottom = bottom * coefficient.denominator // gcd(bottom, coefficient.denominator)
    total = 0
    for coefficient, powers in terms:
        rest = {p: powers.get(p, 0) - common[p] for p in primes if powers.get(p, 0) > common[p]}
        if sum(n * p.bit_length() for p, n in rest.items()) > MAX_BITS:
            raise TooLarge("what is left of a difference")
        value = (coefficient * bottom).numerator
        for p, n in sorted(rest.items()):
            check_clock()
            value *= p**n
        total += value
    return total == 0


def equal(a: Node, b: Node) -> bool | None:
    """Return whether two numbers are equal, None where only time is missing.

    Numbers that are no such sums, or leave too large a difference, count as different.
    """
    if a == b and defined(a):
        return True
    with clock:
        try:
            return _is_zero(_merged([*_terms(a), *((-c, m) for c, m in _terms(b))]))
        except OutOfTime:
            return None
        except (Undecided, TooLarge):
            return False


def defined(node: Node) -> bool:
    """Return True for a positive value that surely exists: sums, products and powers of positive numbers."""
    if isinstance(node, Num):
        return node.value > 0
    return (
        isinstance(node, Op)
        and node.head in ("add", "mul", "pow", "factorial", "binomial")
        and all(defined(arg) for arg in node.args if node.head != "pow" or arg is node.args[0])
        and (node.head != "pow" or defined(_positive(node.args[1])))
    )


def _positive(node: Node) -> Node:
    """Return an exponent of -1 or below as its size."""
    return Num(abs(node.value)) if isinstance(node, Num) and node.value else node
