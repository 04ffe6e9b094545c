"""Parser of sets of reals: intervals (also ]a, b[), unions, differences, inequalities of one variable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from tasks.reward.math.answer_types import Order, Piece, Region, encloses, node_of, split_top
from tasks.reward.math.expression import OO, Node, Op, has, negative, symbols
from tasks.reward.math.tolerance import approximate

_FRENCH = re.compile(r"^([\[\]])([^\[\]]*),([^\[\]]*)([\[\]])$")
_REALS = re.compile(r"^\(?\s*\\mathbb\s*\{?\s*R\s*\}?\s*\)?$")
ORDER = re.compile(r"\\(?:le|ge|ne)(?![A-Za-z])|[<>]")
_EXCEPT = re.compile(r"(\\?[A-Za-z]+(?:_\w|_\{\w+\})?)\s*\\ne(?![A-Za-z])")
_MEMBER = re.compile(r"(\\?[A-Za-z]+(?:_\w|_\{\w+\})?)\s*\\in(?![A-Za-z])\s*(.+)$")
_ANY_REAL = re.compile(r"\\?[A-Za-z]+\s*\\in\s*\\mathbb\s*\{?\s*R\s*\}?")
_BESIDE = re.compile(r'"\s*,?\s*(?:and|but|with|where)\s*"|(?<![A-Za-z\\])and(?![A-Za-z])')
_ASIDE = re.compile(r",?\s*\((\s*\\?[A-Za-z]+\s*\\ne(?![A-Za-z])[^()]*)\)$")  # x > 1 (x \ne 2)
_FLIP = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le", "\\ne": "\\ne"}


def region(text: str) -> Region | None:
    """Return the set of reals in a tidy text, None where it is written as something else."""
    if "\\cup" in text and re.search(r"\\cup(?![A-Za-z])", text):
        pieces: list[Piece] = []
        name = None
        label = re.match(r"^(\\?[A-Za-z]+)\s*\\in(?![A-Za-z])", text)
        body = text[label.end() :] if label else text
        for part in re.split(r"\\cup(?![A-Za-z])", body):
            region = _plain_region(part.strip())
            if region is None:
                return None
            pieces.extend(region.pieces)
        name = label.group(1) if label else None
        return Region(tuple(pieces), name)
    if "\\setminus" in text and re.search(r"\\setminus(?![A-Za-z])", text):
        whole, _, holes = text.partition("\\setminus")
        removed = re.fullmatch(r"\s*\\\{(.+)\\\}\s*", holes)
        label = re.match(r"^\s*(\\?[A-Za-z]+)\s*\\in(?![A-Za-z])", whole)
        whole = (whole[label.end() :] if label else whole).strip()
        around = _plain_region(whole)
        if removed is None or around is None or whole.startswith("\\{"):
            return None
        points = [node_of(p) for p in split_top(removed.group(1), ",")]
        rest = punctured([p for p in points if p is not None], label.group(1) if label else None)
        holds_infinity = any(has(end, "oo") for p in around.pieces for end in _closed(p))
        return None if rest is None or None in points or holds_infinity else intersection([rest, around])
    inequality = _inequality(text)
    if inequality is not None:
        return inequality
    if (
        text[0] in "[]"
        and text[-1] in "[]"
        and not (text[0] == "[" and text[-1] == "]" and len(split_top(text[1:-1], ",")) != 2)
    ):
        return _plain_region(text)
    if encloses(text) and (text[0] == "[" or text[-1] == "]" or "\\infty" in text):
        return _plain_region(text)
    return _plain_region(text) if _REALS.match(text) else None


def punctured(points: Sequence[Node], name: str | None) -> Region | None:
    """Return the reals without `points`. None for several points of which one has no known value."""
    values = {approximate(p): p for p in points}
    if None in values:
        return (
            Region((Piece(negative(OO), points[0], True, True), Piece(points[0], OO, True, True)), name)
            if len(points) == 1
            else None
        )
    ends = [negative(OO), *(values[v] for v in sorted(v for v in values if v is not None)), OO]
    return Region(tuple(Piece(a, b, True, True) for a, b in pairwise(ends)), name)


def bounded(text: str) -> Region | None:
    r"""Return the set that several conditions on one variable leave, as `x > 1, x \ne 2`; None for anything else.

    Between commas each takes something away: `x > 1, x > 2` is no one set, but two answers; `x < 1, x > 2` a union.
    """
    parts = [p.strip() for p in split_top(_ASIDE.sub(r", \1", _BESIDE.sub(",", text)), ",;")]
    if (len(parts) < 2 and "\\pm" not in text) or not all(parts) or not any(ORDER.search(p) for p in parts):
        return None
    conditions: list[str] = []
    for part in parts:
        if _EXCEPT.match(conditions[-1] if conditions else "") and not ORDER.search(part) and "\\in" not in part:
            conditions[-1] += f", {part}"  # x \ne 1, 2
        else:
            conditions.append(part)
    regions = [_condition(c) for c in conditions if not _ANY_REAL.fullmatch(c)]
    found = [r for r in regions if r is not None]
    if len(found) < len(regions) or len({r.name for r in found}) != 1 or found[0].name is None:
        return None
    return _without_idle(found) if len(split_top(text, ",;")) > 1 else intersection(found)


def _condition(text: str) -> Region | None:
    """Return the set that an inequality or a membership describes, None for anything else."""
    if member := _MEMBER.match(text):
        inner = region(member.group(2)) or _plain_region(member.group(2))
        return None if inner is None else Region(inner.pieces, member.group(1))
    return _excluded(text) or region(text)


def _excluded(condition: str) -> Region | None:
    r"""Return the reals without the points of `x \ne 1, 2` or `x \ne \pm 1`, None for another condition."""
    match = _EXCEPT.match(condition)
    if match is None:
        return None
    points: list[Node | None] = []
    for text in split_top(condition[match.end() :], ","):
        signs = "+-" if "\\pm" in text else " "
        points.extend(node_of(text.replace("\\pm", sign).strip()) for sign in signs)
    return None if None in points else punctured([p for p in points if p is not None], match.group(1))


def _without_idle(regions: Sequence[Region]) -> Region | None:
    """Return what sets have in common; None where one of several takes nothing away."""
    whole = intersection(regions)
    if whole is None or len(regions) < 2:
        return whole
    for at in range(len(regions)):
        rest = intersection([*regions[:at], *regions[at + 1 :]])
        if rest is None or rest.pieces == whole.pieces:
            return None
    return whole


def _closed(piece: Piece) -> list[Node]:
    return [end for end, opened in ((piece.low, piece.low_open), (piece.high, piece.high_open)) if not opened]


def _plain_region(text: str) -> Region | None:
    """Return one interval in brackets, a finite set, or the reals; None for anything else."""
    if _REALS.match(text):
        return Region((Piece(negative(OO), OO, True, True),))
    if text.startswith("\\{") and text.endswith("\\}"):
        points = [node_of(p) for p in split_top(text[2:-2], ",")]
        return (
            None
            if any(p is None for p in points)
            else Region(tuple(Piece(p, p, False, False) for p in points if p is not None))
        )
    french = _FRENCH.match(text)
    members = split_top(text[1:-1], ",;") if encloses(text) else [french.group(2), french.group(3)] if french else []
    if len(members) != 2:
        return None
    low, high = (node_of(m.strip()) for m in members)
    if low is None or high is None:
        return None
    return Region((Piece(low, high, text[0] in "(]", text[-1] in ")["),))  # [0, oo] holds infinity


def _inequality(text: str) -> Region | None:
    r"""Return the set that `a < x <= b`, `x > 3`, `x \ne 0` or `|x| < c` describes; None for anything else."""
    if (
        not ORDER.search(text)
        or "," in text
        or '"' in text
        or re.search(r"\\\{|(?<![A-Za-z])(?:and|or)(?![A-Za-z])", text)
    ):
        return None
    if "=" in text:
        return None
    ops = [m.group() for m in ORDER.finditer(text)]
    sides = [node_of(s.strip()) for s in ORDER.split(text)]
    if any(s is None for s in sides):
        return None
    nodes = [s for s in sides if s is not None]
    names = [s.strip() for s in ORDER.split(text)]
    if len(nodes) == 2:
        (left, right), op = nodes, ops[0]
        absolute = re.fullmatch(r"\|\s*(\\?[A-Za-z]+)\s*\|", names[0])
        if absolute and not symbols(right) and op in ("<", "\\le"):
            return Region((Piece(negative(right), right, op == "<", op == "<"),), absolute.group(1))
        if absolute and not symbols(right) and op in (">", "\\ge"):
            opened = op == ">"
            return Region(
                (Piece(negative(OO), negative(right), True, opened), Piece(right, OO, opened, True)), absolute.group(1)
            )
        if not _is_name(names[0]) and _is_name(names[1]):
            left, right, op, names = right, left, _FLIP[op], names[::-1]
        if not _is_name(names[0]) or symbols(left) & symbols(right):
            return None
        if op == "\\ne":
            return punctured([right], names[0])
        below = op in ("<", "\\le")
        opened = op in ("<", ">")
        return Region(
            (Piece(negative(OO), right, True, opened) if below else Piece(right, OO, opened, True),), names[0]
        )
    if len(nodes) == 3 and _is_name(names[1]):
        if all(op in (">", "\\ge") for op in ops):
            nodes, ops = nodes[::-1], [_FLIP[op] for op in ops[::-1]]
        if all(op in ("<", "\\le") for op in ops):
            return Region((Piece(nodes[0], nodes[2], ops[0] == "<", ops[1] == "<"),), names[1])
    return None


def orders(text: str) -> bool:
    """Return True if an inequality sign stands in the text outside of brackets."""
    return ORDER.search(text) is not None and any(ORDER.search(p) for p in _outside(text))


def _outside(text: str) -> list[str]:
    """Return the pieces of the text between its brackets and environments."""
    text = re.sub(r"\\begin\{.*\\end\{\w*\}", " ", text, flags=re.DOTALL)
    pieces, depth, start = [], 0, 0
    for at, char in enumerate(text):
        if char in "([{":
            if depth == 0:
                pieces.append(text[start:at])
            depth += 1
        elif char in ")]}" and depth:
            depth -= 1
            start = at + 1
    return [*pieces, text[start:] if depth == 0 else ""]


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]'?|\\[a-z]+|[A-Za-z]_\{?\w+\}?", text) is not None and text not in (
        "e",
        "i",
        "\\pi",
        "\\infty",
    )


def end_key(node: Node) -> tuple[int, Fraction] | None:
    """Return the sort key of an end of an interval, infinities around the reals; None for an end of unknown value."""
    if has(node, "oo"):
        return (1 if node == Op("oo") else -1, Fraction(0))
    value = approximate(node)
    return None if value is None else (0, value)


def intersection(regions: Sequence[Region]) -> Region | None:
    """Return what sets of reals have in common; None where that is nothing, and for an end of unknown value."""
    common = list(regions[0].pieces)
    for region in regions[1:]:
        found = []
        for one in common:
            for two in region.pieces:
                keys = {node: end_key(node) for p in (one, two) for node in (p.low, p.high)}
                known = {node: key for node, key in keys.items() if key is not None}
                if len(known) < len(keys):
                    return None
                low, low_open = max([(p.low, p.low_open) for p in (one, two)], key=lambda e: (known[e[0]], e[1]))
                high, high_open = min(
                    [(p.high, p.high_open) for p in (one, two)], key=lambda e: (known[e[0]], not e[1])
                )
                if known[low] < known[high] or (known[low] == known[high] and not low_open and not high_open):
                    found.append(Piece(low, high, low_open, high_open))
        common = found
    return Region(tuple(common), regions[0].name) if common else None


def order_of(text: str) -> Order | None:
    """Return a single inequality between two expressions, None for anything else."""
    ops = ORDER.findall(text)
    if len(ops) != 1 or "=" in text:
        return None
    left, right = (node_of(s.strip()) for s in ORDER.split(text))
    return None if left is None or right is None else Order(ops[0], left, right)
