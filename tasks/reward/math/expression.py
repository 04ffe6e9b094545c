"""The expression tree of the mathematics verifier: exact numbers, symbols and operations, unevaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Num:
    """An exact rational. `places` counts the digits after the point of a decimal literal, None for other numbers."""

    value: Fraction
    places: int | None = None

    def __hash__(self) -> int:
        # Fraction's own hash computes a modular inverse, and trees are keys of caches.
        return hash((self.value.numerator, self.value.denominator, self.places))


@dataclass(frozen=True, slots=True)
class Sym:
    """A free symbol, named with its index (`a_1`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """An operation: `head` (add, mul, pow, the name of a function) applied to `args`, or a constant (pi, e, i, oo)."""

    head: str
    args: tuple[Node, ...] = ()


Node = Num | Sym | Op

PI, E, OO = Op("pi"), Op("e"), Op("oo")
I = Op("i")  # noqa: E741  (the imaginary unit)
MINUS_ONE = Num(Fraction(-1))


class ParseError(ValueError):
    """Raised for a text that is no expression, or none that this parser reads."""


class TooLarge(ValueError):
    """Raised for a value too large, or a computation too long, to be a plausible answer."""


def add(*args: Node) -> Node:
    """Return the sum."""
    return args[0] if len(args) == 1 else Op("add", args)


def mul(*args: Node) -> Node:
    """Return the product."""
    return args[0] if len(args) == 1 else Op("mul", args)


def power(base: Node, exponent: Node) -> Node:
    """Return `base` to the power `exponent`."""
    return Op("pow", (base, exponent))


def negative(node: Node) -> Node:
    """Return -`node`; a literal stays a literal."""
    return Num(-node.value, node.places) if isinstance(node, Num) else Op("mul", (MINUS_ONE, node))


def divide(top: Node, bottom: Node) -> Node:
    """Return the quotient."""
    return Op("mul", (top, power(bottom, MINUS_ONE)))


def walk(node: Node) -> Iterator[Node]:
    """Yield every node, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, Op):
            stack.extend(reversed(current.args))


def symbols(node: Node) -> frozenset[str]:
    """Return the names of the free symbols; the index of a sum is bound."""
    if isinstance(node, Num):
        return frozenset()
    bound = {
        n.args[1].name
        for n in walk(node)
        if isinstance(n, Op) and n.head in ("sum", "prod") and isinstance(n.args[1], Sym)
    }
    return frozenset(n.name for n in walk(node) if isinstance(n, Sym)) - bound


def has(node: Node, *heads: str) -> bool:
    """Return True if an operation with one of `heads` occurs in `node`."""
    return isinstance(node, Op) and any(isinstance(n, Op) and n.head in heads for n in walk(node))


def substitute(node: Node, name: str, value: Node) -> Node:
    """Return `node` with the symbol `name` replaced by `value`."""
    if isinstance(node, Sym):
        return value if node.name == name else node
    if isinstance(node, Op):
        return Op(node.head, tuple(substitute(a, name, value) for a in node.args))
    return node


def integer(digits: str) -> int:
    """Return int(digits), also beyond the 4,300 digits that Python converts."""
    value = 0
    for start in range(0, len(digits), 4000):
        piece = digits[start : start + 4000]
        value = value * 10 ** len(piece) + int(piece)
    return value
