"""Products of vectors: a dot product is no cross product, and a cross product changes its sign when it is turned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from tasks.reward.math.expression import MINUS_ONE, Node, Num, Op, ParseError, Sym, add, mul

_VECTOR = re.compile(r"(?:bold|vec|overrightarrow|hat|widehat) |cross\(|\w+ \\(?:bold|vec|overrightarrow|hat)")
_CROSS = re.compile(r"cross\(([^(),]+),([^(),]+)\)")

_MARK = re.compile(r"\\(?:bold|vec|overrightarrow|hat|widehat)(?![A-Za-z])")

_Terms = list[tuple[tuple[Node, ...], str]]  # of a sum: the scalar factors and the name of the vector


def names_vectors(text: str) -> bool:
    """Return True if a name in the text is written as a vector."""
    return "\\" in text and _MARK.search(text) is not None


def product(factors: Sequence[Node], signs: Sequence[str]) -> Node:
    r"""Return the product of `factors`; \cdot or \times in `signs` (in front of each factor) joins two vectors."""
    scalars: list[Node] = []
    vector: Node | None = None
    since: set[str] = set()  # the signs behind the last vector
    for factor, sign in zip(factors, signs, strict=True):
        since |= {sign} - {""}
        if _terms(factor) is None:
            scalars.append(factor)
            continue
        if vector is not None and since:
            if len(since) > 1:
                raise ParseError("a dot and a cross between two vectors")
            factor = _dot(vector, factor) if since == {"\\cdot"} else _cross(vector, factor)
        elif vector is not None:
            scalars.append(vector)
        vector, since = factor, set()
        if _terms(vector) is None:  # a dot product is a number
            scalars.append(vector)
            vector = None
    return mul(*scalars, *([] if vector is None else [vector]))


def _terms(node: Node) -> _Terms | None:
    """Return a vector as a sum of multiples of named vectors, None for what is no vector."""
    match node:
        case Sym(name) if _VECTOR.match(name):
            return [((), re.sub("^(?:bold|overrightarrow) ", "vec ", name))]
        case Op("add", args):
            parts = [_terms(arg) for arg in args]
            return None if None in parts else [term for part in parts if part is not None for term in part]
        case Op("mul", args):
            found = [(at, terms) for at, arg in enumerate(args) if (terms := _terms(arg)) is not None]
            if len(found) == 1:
                at, terms = found[0]
                return [((*args[:at], *args[at + 1 :], *scalars), name) for scalars, name in terms]
    return None


def _dot(one: Node, two: Node) -> Node:
    return add(*(mul(*a, *b, _dot_of_names(v, w)) for a, v in _terms(one) or () for b, w in _terms(two) or ()))


def _dot_of_names(one: str, two: str) -> Node:
    """Return the dot product of two named vectors: the triple product where one is a cross product.

    Of two names with a hat, which statistics writes as well, it is the plain product.
    """
    if all(re.match("(?:wide)?hat ", name) for name in (one, two)):
        return mul(Sym(one), Sym(two))
    for name, other in ((one, two), (two, one)):
        if (match := _CROSS.fullmatch(name)) and not other.startswith("cross("):
            members = [other, *match.groups()]
            turns = sum(a > b for at, a in enumerate(members) for b in members[at + 1 :])
            if len(set(members)) < 3:
                return Num(Fraction(0))
            triple = Sym(f"triple({','.join(sorted(members))})")
            return mul(MINUS_ONE, triple) if turns % 2 else triple
    return Sym(f"dot({','.join(sorted((one, two)))})")


def _cross(one: Node, two: Node) -> Node:
    terms = []
    for a, v in _terms(one) or ():
        for b, w in _terms(two) or ():
            if v != w:
                turned = [MINUS_ONE] if v > w else []
                terms.append(mul(*turned, *a, *b, Sym(f"cross({','.join(sorted((v, w)))})")))
    return add(*terms) if terms else Num(Fraction(0))
