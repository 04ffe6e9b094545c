"""The expression tree of the mathematics verifier: exact numbers, symbols and operations, nothing evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Num:
    """An exact rational. `places`: digits written behind the point of a decimal literal, None where it is no literal."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Sym:
    """A free symbol by its full name, index included (`a_1`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """`head` applied to `args`: add, mul, pow, a function's name, or a constant (pi, e, i, oo) without arguments."""

    head: str
    args: tuple[Node, ...] = ()


Node = Num | Sym | Op

PI, E, OO = Op("pi"), Op("e"), Op("oo")
I = Op("i")  # noqa: E741  (the imaginary unit)
MINUS_ONE = Num(Fraction(-1))


class ParseError(ValueError):
    """The text is not an expression that this verifier reads."""


class TooLarge(ValueError):
    """The value is too large, or the work too long, to be anybody's answer."""


def add(*args: Node) -> Node:
    return args[0] if len(args) == 1 else Op("add", args)


def mul(*args: Node) -> Node:
    return args[0] if len(args) == 1 else Op("mul", args)


def power(base: Node, exponent: Node) -> Node:
    return Op("pow", (base, exponent))


def negative(node: Node) -> Node:
    return Num(-node.value, node.places) if isinstance(node, Num) else Op("mul", (MINUS_ONE, node))


def divide(top: Node, bottom: Node) -> Node:
    return Op("mul", (top, power(bottom, MINUS_ONE)))


def walk(node: Node) -> Iterator[Node]:
    """Every node, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, Op):
            stack.extend(reversed(current.args))


def symbols(node: Node) -> frozenset[str]:
    """Names of the free symbols (a sum's index is bound)."""
    bound = {
        n.args[1].name
        for n in walk(node)
        if isinstance(n, Op) and n.head in ("sum", "prod") and isinstance(n.args[1], Sym)
    }
    return frozenset(n.name for n in walk(node) if isinstance(n, Sym)) - bound


def has(node: Node, *heads: str) -> bool:
    return any(isinstance(n, Op) and n.head in heads for n in walk(node))


def substitute(node: Node, name: str, value: Node) -> Node:
    """`node` with the symbol `name` replaced by `value`."""
    if isinstance(node, Sym):
        return value if node.name == name else node
    if isinstance(node, Op):
        return Op(node.head, tuple(substitute(a, name, value) for a in node.args))
    return node


def integer(digits: str) -> int:
    """int(digits), also beyond the 4300 digits that Python reads."""
    value = 0
    for start in range(0, len(digits), 4000):
        piece = digits[start : start + 4000]
        value = value * 10 ** len(piece) + int(piece)
    return value
