"""The normal form of an exact value: a sum of monomials with rational coefficients, without floats.

A monomial is a product of powers of primes (exponents in (0, 1): radicals), of the constants pi, e and i, of logarithms
of primes, and of symbols. Equal forms are equal values. Different products of prime radicals are linearly independent
over the rationals (Besicovitch 1940), pi is transcendental, and symbols are free: so for sums of those, different forms
are different values.
"""

from __future__ import annotations

import math
import threading
import time
from fractions import Fraction

from tasks.reward.math.expression import TooLarge

Monomial = tuple[tuple[str, Fraction], ...]
Form = dict[Monomial, Fraction]

MAX_BITS = 40_000
MAX_TERMS = 400
_TRIAL = 2_000  # primes up to here are taken out of radicals


class Undecided(Exception):
    """Raised for an expression whose value the cheap layer does not know."""


class OutOfTime(Undecided):
    """Raised where the CPU time for one value is used up; a worker has more."""


class _Clock(threading.local):
    """The CPU time that one value may take in this thread; beyond it the value is left undecided, for a worker.

    CPU time, not wall time: a value must not be decided here on an idle machine and left to a worker on a busy one.
    """

    budget_s = 0.05
    until: float | None = None
    _values = 0  # that are computed, one inside of the other

    def __enter__(self) -> None:
        """Start the clock for one value; inside of another value its clock goes on."""
        if self._values == 0:
            self.until = time.thread_time() + self.budget_s
        self._values += 1

    def __exit__(self, *_: object) -> None:
        self._values -= 1
        if self._values == 0:
            self.until = None


clock = _Clock()


def check_clock() -> None:
    """Raise OutOfTime if the CPU time of the value that is computed is used up."""
    if clock.until is not None and time.thread_time() > clock.until:
        raise OutOfTime("takes too long here")


def limited(value: Fraction) -> Fraction:
    """Return `value`; TooLarge if it has more than MAX_BITS bits."""
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise TooLarge("a number of too many digits")
    return value


def rational_power(base: Fraction, exponent: int) -> Fraction:
    """Return base ** exponent; TooLarge, before it is computed, if it would be huge; Undecided for 0 ** -1."""
    if base == 0 and exponent < 0:
        raise Undecided("division by zero")
    if base not in (0, 1, -1):
        bits = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
        if (bits - 1 or 1) * abs(exponent) > MAX_BITS:
            raise TooLarge("a power of too many digits")
    return base**exponent


def constant(value: Fraction) -> Form:
    """Return the form of a rational number."""
    return {(): value} if value else {}


def _monomial(powers: dict[str, Fraction]) -> tuple[Monomial, Fraction]:
    """Return the monomial in normal form (prime exponents in [0, 1), i to the power 0 or 1) and the rational factor."""
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
    return tuple(sorted(kept.items())), limited(factor)


def form_sum(a: Form, b: Form) -> Form:
    """Return a + b."""
    check_clock()
    total = dict(a)
    for monomial, value in b.items():
        new = limited(total.get(monomial, Fraction(0)) + value)
        if new:
            total[monomial] = new
        else:
            total.pop(monomial, None)
    return total


def form_product(a: Form, b: Form) -> Form:
    """Return a b; Undecided for more than MAX_TERMS products of monomials."""
    if len(a) * len(b) > MAX_TERMS:
        raise Undecided("too many terms")
    total: Form = {}
    for m1, v1 in a.items():
        check_clock()
        for m2, v2 in b.items():
            powers = dict(m1)
            for atom, exponent in m2:
                powers[atom] = powers.get(atom, Fraction(0)) + exponent
            monomial, factor = _monomial(powers)
            total = form_sum(total, {monomial: limited(v1 * v2 * factor)})
    return total


def prime_factors(number: int) -> dict[int, int]:
    """Return {prime: exponent}; Undecided if trial division leaves a factor that may not be prime."""
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
    """Return value ** exponent; Undecided for a root of a negative number that is no square root."""
    if value == 0:
        if exponent <= 0:
            raise Undecided("0 to a power that is not positive")
        return {}
    if exponent.denominator == 1:
        return constant(limited(rational_power(value, exponent.numerator)))
    powers: dict[str, Fraction] = {}
    sign = Fraction(1)
    if value < 0:
        if exponent.denominator == 2:
            powers["\\i"] = Fraction(exponent.numerator)
        else:
            raise Undecided("a root of a negative number")
    for number, direction in ((abs(value.numerator), 1), (value.denominator, -1)):
        for prime, count in prime_factors(number).items():
            powers[str(prime)] = powers.get(str(prime), Fraction(0)) + direction * count * exponent
    monomial, factor = _monomial(powers)
    return {monomial: sign * factor}


def form_power(base: Form, exponent: Form) -> Form:
    """Return base ** exponent; Undecided for a root of a sum, a division by one, or a power of one above 40."""
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
            result = form_product(result, square)
        count >>= 1
        if count:
            square = form_product(square, square)
    return result


def _monomial_power(monomial: Monomial, coefficient: Fraction, value: Fraction) -> Form:
    """Return (coefficient monomial) ** value; Undecided where the sign of a root is not known."""
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
    return form_product({new: factor}, rational_root(coefficient, value))


def is_canonical(form: Form) -> bool:
    """Return True if another form of this kind is another value (the module's docstring says why)."""
    return all(
        atom.isdigit() or atom in ("\\i", "\\pi") or (atom[0] != "\\" and exponent.denominator == 1)
        for m in form
        for atom, exponent in m
    )


def render(form: Form) -> str:
    """Return a text for a form; equal forms have equal texts."""
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
    """Return str(value); hexadecimal beyond the 4,300 digits that Python converts."""
    if max(abs(value.numerator), value.denominator).bit_length() < 10_000:
        return str(value)
    return f"{value.numerator:#x}/{value.denominator:#x}"
