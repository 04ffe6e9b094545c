"""Exact values of expressions by rational arithmetic, without floats and within bounds: the cheap layer."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from tasks.reward.math.expression import Node, Num, Op, Sym, TooLarge, substitute, walk
from tasks.reward.math.normal_form import (
    MAX_BITS,
    Form,
    Monomial,
    Undecided,
    check_clock,
    clock,
    constant,
    form_power,
    form_product,
    form_sum,
    is_canonical,
    limited,
    prime_factors,
    rational_root,
)


def _combinatorial(head: str, args: list[Fraction]) -> Fraction:
    """Return a factorial, binomial, gcd or lcm of integers; Undecided for other arguments, TooLarge for huge ones."""
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
        return limited(Fraction(math.comb(n, k)))
    if head == "gcd":
        return Fraction(math.gcd(*numbers))
    return Fraction(math.lcm(*numbers))


def _rational_function(head: str, forms: list[Form]) -> Form:
    """Return a function of rational arguments (_RATIONAL); Undecided for other arguments."""
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
    """Return a finite sum or product, term by term; TooLarge for more than 5,000 terms."""
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
        check_clock()
        term = exact(substitute(body, index.name, Num(Fraction(k))))
        total = form_product(total, term) if node.head == "prod" else form_sum(total, term)
    return total


_COSINES = {  # of multiples of pi: (rational factor, number under the root)
    Fraction(0): (Fraction(1), 1),
    Fraction(1, 6): (Fraction(1, 2), 3),
    Fraction(1, 4): (Fraction(1, 2), 2),
    Fraction(1, 3): (Fraction(1, 2), 1),
    Fraction(1, 2): (Fraction(0), 1),
}
_PI: Monomial = (("\\pi", Fraction(1)),)
_I_PI: Monomial = (("\\i", Fraction(1)), ("\\pi", Fraction(1)))
_IMAGINARY: Form = {(("\\i", Fraction(1)),): Fraction(1)}


def _cosine(turns: Fraction) -> Form:
    """Return cos(turns pi); Undecided for other multiples than those of pi/4 and pi/6."""
    turns %= 2
    turns = min(turns, 2 - turns)
    sign, turns = (1, turns) if turns <= Fraction(1, 2) else (-1, 1 - turns)
    if turns not in _COSINES:
        raise Undecided("the cosine of another angle")
    factor, root = _COSINES[turns]
    return form_product(constant(sign * factor), rational_root(Fraction(root), Fraction(1, 2)))


def _trigonometric(head: str, form: Form) -> Form:
    """Return sin, cos or tan of a rational multiple of pi; Undecided for other arguments."""
    if set(form) - {_PI}:
        raise Undecided(head)
    turns = form.get(_PI, Fraction(0))
    if head == "cos":
        return _cosine(turns)
    sine = _cosine(turns - Fraction(1, 2))
    return sine if head == "sin" else form_product(sine, form_power(_cosine(turns), constant(Fraction(-1))))


def _logarithm(value: Form) -> Form:
    """Return the natural logarithm of a positive rational as a sum over primes, which has no other such sum."""
    if set(value) != {()} or value[()] <= 0:
        raise Undecided("log")
    total: Form = {}
    for number, sign in ((value[()].numerator, 1), (value[()].denominator, -1)):
        for prime, count in prime_factors(number).items():
            total = form_sum(total, {((f"\\log{prime}", Fraction(1)),): Fraction(sign * count)})
    return total


def _quotient(top: Form, bottom: Form) -> Form:
    """Return top / bottom; Undecided for a sum at the bottom of which the top is no rational multiple."""
    ratios = {top[m] / bottom[m] for m in top} if top.keys() == bottom.keys() else set()
    return constant(ratios.pop()) if len(ratios) == 1 else form_product(top, form_power(bottom, constant(Fraction(-1))))


def _power(base: Form, exponent: Form) -> Form:
    """Return base ** exponent, also e ** (i pi q)."""
    if set(exponent) == {_I_PI} and base == {(("\\e", Fraction(1)),): Fraction(1)}:
        turns = exponent[_I_PI]
        return form_sum(_cosine(turns), form_product(_IMAGINARY, _cosine(turns - Fraction(1, 2))))
    return form_power(base, exponent)


_RATIONAL = frozenset({"floor", "ceil", "abs", "max", "min", "mod", "factorial", "binomial", "gcd", "lcm"})


@lru_cache(maxsize=4096)
def _exact(node: Node) -> Form:
    if isinstance(node, Num):
        return constant(limited(node.value))
    if isinstance(node, Sym):
        return {((node.name, Fraction(1)),): Fraction(1)}
    if node.head in ("pi", "e", "i"):
        return {((f"\\{node.head}", Fraction(1)),): Fraction(1)}
    if node.head == "add":
        total: Form = {}
        for arg in node.args:
            total = form_sum(total, _exact(arg))
        return total
    if node.head == "mul":
        total = constant(Fraction(1))
        for arg in node.args:
            total = form_product(total, _exact(arg))
        return total
    if node.head == "pow":
        return _power(_exact(node.args[0]), _exact(node.args[1]))
    if node.head in ("sin", "cos", "tan"):
        return _trigonometric(node.head, _exact(node.args[0]))
    if node.head == "log":
        top, *base = (_logarithm(_exact(arg)) for arg in node.args)
        return _quotient(top, base[0]) if base else top
    if node.head == "root":
        degree = _exact(node.args[1])
        if set(degree) - {()} or not degree or degree[()].denominator != 1 or degree[()] <= 0:
            raise Undecided("a root of a strange degree")
        inner, n = _exact(node.args[0]), degree[()].numerator
        if n % 2 and set(inner) == {()} and inner[()] < 0:  # the real root
            return form_product(constant(Fraction(-1)), rational_root(-inner[()], Fraction(1, n)))
        return form_power(inner, constant(Fraction(1, n)))
    if node.head in ("sum", "prod"):
        return _series(node)
    if node.head in _RATIONAL:
        return _rational_function(node.head, [_exact(arg) for arg in node.args])
    raise Undecided(node.head)


def exact(node: Node) -> Form:
    """Return the normal form; Undecided if this layer does not know it, TooLarge before computing a huge one."""
    if isinstance(node, Num):  # as most answers are: needs no clock
        return constant(limited(node.value))
    with clock:
        return _exact(node)


def rational(node: Node) -> Fraction | None:
    """Return the value if it is a rational number that the cheap layer finds, else None."""
    try:
        form = exact(node)
    except (Undecided, TooLarge):
        return None
    return form.get((), Fraction(0)) if set(form) <= {()} else None


def too_large(*nodes: Node) -> bool:
    """Return True if a value, or a part of it, is refused for its size."""
    for node in (part for whole in nodes for part in walk(whole) if isinstance(part, Op)):
        try:
            exact(node)
        except TooLarge:
            return True
        except Undecided:
            continue
    return False


def equal(a: Node, b: Node) -> bool | None:
    """Return whether two expressions are equal, None if the cheap layer cannot decide; TooLarge for a huge one."""
    if isinstance(a, Num) and isinstance(b, Num):
        return a == b or limited(a.value) == limited(b.value)
    if a == b and not isinstance(a, Op):
        return True
    try:
        left, right = exact(a), exact(b)
    except Undecided:
        return None
    if left == right:
        return True
    return False if is_canonical(left) and is_canonical(right) else None
