r"""What stands left of an equation: the thing that is asked for (x, f(3), \angle ABC, a + b), or an operation on it.

`x = 12` answers 12; `2x = 12`, `-x = 12`, `x^2 = 12`, `\log x = 12` and `|x| = 12` leave it to be solved.
"""

from __future__ import annotations

import re

from tasks.reward.math.answer_types import is_label, node_of
from tasks.reward.math.expression import Node, Num, Op, Sym, symbols

_SEGMENT = re.compile(r"(?<![A-Za-z\\{])[A-Z]{2,}(?![A-Za-z])")  # AB is one length, not a product
#: Values that are asked for as they stand: \sin\theta, \gcd(a, b), \det A, the remainder of n.
_MEASURES = frozenset(
    ["sin", "cos", "tan", "cot", "sec", "csc", "gcd", "lcm", "max", "min", "det", "mod", "sum", "prod"]
)
_LENGTH = re.compile(r"[A-Z]|Q_[A-Z]+|(?:vec|bold|overrightarrow|overline) ")  # in bars: |AB|, |A|, |\vec v|, no |z|


def names_what_is_asked(text: str) -> bool:
    """Return True if the value of `text` is the answer: a name, a measure, or what several of these make.

    What one operation with a number makes of an expression (2x, x/2, x + 1, x^2, 1/x, log x) is not what is asked for,
    also where the expression has several names: 2(a + b) = 12 gives no a + b.
    """
    if is_label(text):
        return True
    if text.startswith("["):  # an area [ABC]; [x] is a whole part
        return re.fullmatch(r"\[[A-Z]+\]", text) is not None
    node = node_of(_SEGMENT.sub(lambda m: f"Q_{{{m.group()}}}", text))
    return node is not None and _asked(node)


def _asked(node: Node) -> bool:
    things = _things(node)
    if isinstance(node, Op) and node.head == "abs":
        inner = node.args[0]
        return _LENGTH.match(inner.name) is not None if isinstance(inner, Sym) else len(things) > 1 and _asked(inner)
    if node in things:
        return True
    return len(things) > 1 and not _one_operand(node)


def _things(node: Node) -> set[Node]:
    """Return the names and measures of which `node` is made."""
    if isinstance(node, Sym):
        return {node}
    if isinstance(node, Num):
        return set()
    if node.head in _MEASURES and symbols(node):
        return {node}
    return {thing for arg in node.args for thing in _things(arg)}


def _one_operand(node: Node) -> bool:
    """Return True if all but one of the operands are numbers: 2E, E/2, E + 1, E^2, 2^E, log E."""
    return isinstance(node, Op) and sum(bool(symbols(arg)) for arg in node.args) == 1
