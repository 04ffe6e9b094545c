"""Tidy text -> what kind of answer it is: a quantity, words, a collection, a region of the reals, an equation, a matrix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tasks.reward.math import parse as expressions
from tasks.reward.math.exact import rational
from tasks.reward.math.normalise import MAX_LENGTH, balanced, strip_braces
from tasks.reward.math.tree import OO, Node, ParseError, has, negative, symbols
from tasks.reward.math.units import Unit, split_unit


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `node` is None where this package's parser does not read it."""

    text: str
    node: Node | None
    unit: Unit | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """`kind`: list (order is not significant), set (neither order nor repetition), tuple, ratio."""

    kind: str
    items: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    low: Node
    high: Node
    low_open: bool
    high_open: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A set of reals as a union of intervals; `name` is the variable of an inequality, if it was one."""

    pieces: tuple[Piece, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Equation:
    """left = ... = right; `texts` as written."""

    sides: tuple[Answer, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """left `op` right, where it is no interval of one variable."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[tuple[Answer, ...], ...]


Answer = Scalar | Words | Collection | Region | Equation | Order | Matrix

_OPEN, _CLOSE = "([{", ")]}"
_KNOWN_WORDS = frozenset(["yes", "no", "true", "false", "odd", "even", "none", "east", "west", "north", "south", "prime", "both"])
_WORDLIKE = re.compile("[A-Z][a-z]+|[b-df-hj-np-tv-z][aeiou][b-df-hj-np-tv-z]")  # Tom, red
_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_CLOCK = re.compile(r'(\d{1,2}):([0-5]\d)\s*"?\s*([ap])?(?:\.?\s*m\.?)?\s*"?', re.IGNORECASE)
_FLIP = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le", "\\ne": "\\ne"}
_ORDER = re.compile(r"\\(?:le|ge|ne)(?![A-Za-z])|[<>]")
_JOIN = re.compile(r'"\s*,?\s*(?:and|or)\s*,?\s*"|(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])')
_LABEL = re.compile(
    r"(?:\\(?:angle|triangle|overline|vec|hat|bar|max|min|det|mathbb|mathcal|mathfrak|widehat|overrightarrow)\s*)*(?:\\?[A-Za-z]+'*|\{[A-Za-z]+\})(?:\s*_\s*(?:\{[^{}]*\}|\w|\\[a-z]+))?'*"
    r"(?:\s*\([^()=]*\))?(?:\s*\^\{?\*\}?)?"
)
_CELLS = re.compile(
    r"^\s*(?:[(\[]\s*)?\\begin\{(?P<kind>[pbvBV]?matrix|smallmatrix|array)\}(?:\{[lcr|]*\})?(?P<body>.*)\\end\{(?P=kind)\}(?:\s*[)\]])?\s*$",
    re.DOTALL,
)
_BASE = re.compile(r"^([0-9A-Za-z]+)\s*_\s*\{?\s*\(?(\d+)\)?\s*\}?$")
_FRENCH = re.compile(r"^([\[\]])([^\[\]]*),([^\[\]]*)([\[\]])$")
_REALS = re.compile(r"^\(?\s*\\mathbb\s*\{?\s*R\s*\}?\s*\)?$")


def split_top(text: str, separators: str) -> list[str]:
    """Parts of `text` between separators outside of any brackets."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            if text[at + 1] in "{}":
                depth += 1 if text[at + 1] == "{" else -1
                at += 2
                continue
            if text.startswith(("\\begin", "\\langle"), at):
                depth += 1
            elif text.startswith(("\\end", "\\rangle"), at):
                depth -= 1
            if not text[at + 1].isalpha():  # \\ and the like
                at += 2
                continue
        elif char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth -= 1
        elif char in separators and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def encloses(text: str) -> bool:
    """Whether the first bracket of `text` is closed by its last character."""
    if len(text) < 2 or text[0] not in "([" or text[-1] not in ")]":
        return False
    depth = 0
    for at, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if depth == 0:
            return at == len(text) - 1
    return False


def node_of(text: str) -> Node | None:
    try:
        return expressions.parse(text)
    except (ParseError, RecursionError):
        return None


def _words(text: str) -> str | None:
    """The words, where the text is nothing but words."""
    outside = re.sub(r'"[^"]*"', "", text)
    if '"' in text and not re.search(r"[\w\\]", outside):
        return text.replace('"', " ")
    bare = text.replace("\\ ", " ")
    if re.fullmatch(r"[^\W\d_][^\W\d_'\- .,/]*(?:[ \-'/.,]+[^\W\d_]+)*[.!]?", bare):
        parts = re.findall(r"[^\W\d_]+", bare)
        if all(len(w) == 1 for w in parts):
            return None
        if any(len(w) >= 4 or w.lower() in _KNOWN_WORDS or not w.isascii() or _WORDLIKE.fullmatch(w) for w in parts) and not re.search(
            r"\b(?:a?(?:sin|cos|tan)|log|sqrt)\b", bare
        ):
            return bare
    return None


def usable(text: str) -> None:
    """ParseError for a text that is no answer, not even to itself: empty, a placeholder, unbalanced, not a number."""
    if not re.search(r"[\w\\]", text) or text in ("\\ldots", "_") or text.strip(' "').lower() in ("nan", "\\nan"):
        raise ParseError("empty")
    if len(text) > MAX_LENGTH or not balanced(text):
        raise ParseError("too long, or braces that do not close")


@lru_cache(maxsize=4096)
def read(text: str) -> Answer:
    """The answer that a tidy text is; ParseError where it is none."""
    text = strip_braces(text.strip())
    usable(text)
    while (
        encloses(text)
        and text[0] == "("
        and text[-1] == ")"
        and len(split_top(text[1:-1], ",;")) == 1
        and not re.fullmatch(r"\([A-J]\)", text)
    ):
        text = text[1:-1].strip()
        if not text:
            raise ParseError("empty")
    return _read(text)


def _read(text: str) -> Answer:
    text = re.sub(r'^"[^"]*(?:\b(?:is|are|be|answer|equals|value)\s*:?|:)\s*"\s*(?=[^\s"])', "", text, flags=re.IGNORECASE)
    words = _words(text)
    if words is not None:
        if words.strip().lower() in ("infinity", "positive infinity"):
            return Scalar(text, OO)
        if words.strip().lower() in (
            "no solution",
            "no solutions",
            "empty set",
            "the empty set",
            "none exist",
            "no real solutions",
            "no real solution",
        ):
            return Collection("set", ())
        if words.strip().lower() in _NUMBERS:
            return Scalar(text, expressions.parse(str(_NUMBERS.index(words.strip().lower()))))
        return Words(" ".join(words.split()))
    if (matrix := _matrix(text)) is not None:
        return matrix
    if (region := _region(text)) is not None:
        return region
    joined = _JOIN.sub(";", text)
    parts = [p.strip() for p in split_top(joined, ",;")]
    parts = [p for p in parts if p] if joined != text else parts
    if len(parts) > 1:
        if any(not p for p in parts):
            raise ParseError("an empty member")
        return _several(parts, text)
    text = parts[0] if parts else text
    return _single(text)


def _several(parts: Sequence[str], text: str) -> Answer:
    items: list[Answer] = []
    for part in parts:
        items.extend(_spread(part))
    if re.search(r'"\s*or\s*"|\bor\b', text) and all(isinstance(i, Region) for i in items):
        regions = [i for i in items if isinstance(i, Region)]
        return Region(tuple(p for r in regions for p in r.pieces), regions[0].name)
    return Collection("list", tuple(items))


def _spread(text: str) -> list[Answer]:
    """The one answer that `text` is, or the two of a plus-minus."""
    if re.search(r"\\(?:pm|mp)(?![A-Za-z])", text):
        upper = re.sub(r"\\pm(?![A-Za-z])", "+", re.sub(r"\\mp(?![A-Za-z])", "-", text))
        lower = re.sub(r"\\pm(?![A-Za-z])", "-", re.sub(r"\\mp(?![A-Za-z])", "+", text))
        return [read(upper), read(lower)]
    return [read(text)]


def _single(text: str) -> Answer:
    if re.search(r"\\(?:pm|mp)(?![A-Za-z])", text) and not encloses(text) and not text.startswith("\\{"):
        return Collection("list", tuple(_spread(text)))
    equation = [s.strip() for s in split_top(text, "=")]
    if len(equation) > 1 and not _ORDER.search(text):
        if any(not s for s in equation):
            if not equation[0] and all(equation[1:]):  # "= 5"
                equation = equation[1:]
            else:
                raise ParseError("an equation without a side")
        if len(equation) > 1:
            return Equation(tuple(_side(s) for s in equation), tuple(equation))
        return read(equation[0])
    if (order := order_of(text)) is not None:
        return order
    if match := re.match(r"^(\\?[A-Za-z]+(?:_\w|_\{\w+\})?)\s*\\in(?![A-Za-z])\s*(.+)$", text):
        inner = read(match.group(2))
        if isinstance(inner, Collection) and inner.kind == "tuple" and (piece := pair_region(inner)) is not None:
            return Region(piece.pieces, match.group(1))
        return Region(inner.pieces, match.group(1)) if isinstance(inner, Region) else inner
    if text.startswith("\\{") and text.endswith("\\}"):
        return _set(text[2:-2].strip())
    if re.fullmatch(r"\\emptyset", text):
        return Collection("set", ())
    if encloses(text) or (text.startswith("\\langle") and text.endswith("\\rangle")):
        inner_text = text[7:-7] if text.startswith("\\langle") else text[1:-1]
        members = split_top(inner_text, ",;")
        if len(members) > 1:
            items = tuple(read(m) for m in members)
            if text[0] == "[" or text[-1] == "]":
                raise ParseError("brackets that are no interval") if text[0] + text[-1] != "[]" else ParseError("brackets")
            return Collection("tuple", items)
    if clock := _CLOCK.fullmatch(text):
        return Collection("clock", tuple(Scalar(p.lower(), node_of(p) if p.isdigit() else None) for p in clock.groups() if p))
    ratio = [s.strip() for s in re.split(r':|"\s*to\s*"|(?<=\d) to (?=\d)', text)]
    if len(ratio) > 1 and all(ratio):
        return Collection("ratio", tuple(scalar(s) for s in ratio))
    return scalar(text)


def _side(text: str) -> Answer:
    try:
        return read(text)
    except ParseError:
        return Scalar(text, None)


def _set(inner: str) -> Answer:
    if not inner:
        return Collection("set", ())
    bar = split_top(inner, "|:")
    if len(bar) == 2 and re.fullmatch(r"\(?\s*\\?[A-Za-z]+(?:\s*\\in\s*\\mathbb\s*\{?R\}?)?\s*\)?", bar[0].strip()):
        return read(bar[1].strip())
    items: list[Answer] = []
    for part in split_top(_JOIN.sub(",", inner), ",;"):
        items.extend(_spread(part.strip()))
    return Collection("set", tuple(items))


def scalar(text: str) -> Scalar:
    value, unit = split_unit(text)
    percent = value.endswith("%")
    if percent:
        value = value.removesuffix("%").strip()
    value = strip_braces(value)
    while encloses(value) and value[0] == "(" and value[-1] == ")":
        value = value[1:-1].strip()
    based = _BASE.match(value)
    if based and value[0].isdigit():
        return Scalar(f"{based.group(1).upper()}_{based.group(2)}", None, unit, percent)
    return Scalar(value, node_of(value), unit, percent)


def _matrix(text: str) -> Matrix | None:
    match = _CELLS.match(text)
    if match is None or "\\begin" in match.group("body"):
        return None
    rows = [r for r in re.split(r"\\\\(?:\[[^\]]*\])?|\\cr(?![A-Za-z])", match.group("body"))]
    rows = [re.sub(r"\\hline", "", r) for r in rows]
    if rows and not rows[-1].strip():
        rows = rows[:-1]
    cells = tuple(tuple(read(c) for c in row.split("&")) for row in rows)
    if not cells or len({len(r) for r in cells}) != 1:
        raise ParseError("a matrix whose rows differ")
    if match.group("kind") == "vmatrix":
        return None
    return Matrix(cells)


def _region(text: str) -> Region | None:
    if re.search(r"\\cup(?![A-Za-z])", text):
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
    if re.search(r"\\setminus(?![A-Za-z])", text):
        whole, _, holes = text.partition("\\setminus")
        removed = re.fullmatch(r"\s*\\\{(.+)\\\}\s*", holes)
        label = re.match(r"^\s*(\\?[A-Za-z]+)\s*\\in(?![A-Za-z])", whole)
        whole = (whole[label.end() :] if label else whole).strip()
        if removed is None or not (_REALS.match(whole) or re.fullmatch(r"\(\s*-\s*\\infty\s*,\s*\+?\s*\\infty\s*\)", whole)):
            return None
        points = [node_of(p) for p in split_top(removed.group(1), ",")]
        return (
            punctured([p for p in points if p is not None], label.group(1) if label else None)
            if all(p is not None for p in points)
            else None
        )
    inequality = _inequality(text)
    if inequality is not None:
        return inequality
    if text[0] in "[]" and text[-1] in "[]" and not (text[0] == "[" and text[-1] == "]" and len(split_top(text[1:-1], ",")) != 2):
        return _plain_region(text)
    if encloses(text) and (text[0] == "[" or text[-1] == "]" or "\\infty" in text):
        return _plain_region(text)
    return _plain_region(text) if _REALS.match(text) else None


def punctured(points: Sequence[Node], name: str | None) -> Region | None:
    """The reals without some points; they must be rational to be put in order."""
    values = {rational(p): p for p in points}
    if None in values:
        return Region((Piece(negative(OO), points[0], True, True), Piece(points[0], OO, True, True)), name) if len(points) == 1 else None
    ends = [negative(OO), *(values[v] for v in sorted(v for v in values if v is not None)), OO]
    return Region(tuple(Piece(a, b, True, True) for a, b in zip(ends, ends[1:], strict=False)), name)


def _plain_region(text: str) -> Region | None:
    """One interval in brackets (also French ones), a finite set, or the reals."""
    if _REALS.match(text):
        return Region((Piece(negative(OO), OO, True, True),))
    if text.startswith("\\{") and text.endswith("\\}"):
        points = [node_of(p) for p in split_top(text[2:-2], ",")]
        return None if any(p is None for p in points) else Region(tuple(Piece(p, p, False, False) for p in points if p is not None))
    french = _FRENCH.match(text)
    members = split_top(text[1:-1], ",;") if encloses(text) else [french.group(2), french.group(3)] if french else []
    if len(members) != 2:
        return None
    low, high = (node_of(m.strip()) for m in members)
    if low is None or high is None:
        return None
    return Region((Piece(low, high, text[0] in "(]" or has(low, "oo"), text[-1] in ")[" or has(high, "oo")),))


def pair_region(pair: Collection) -> Region | None:
    """The open interval that a pair in parentheses may be."""
    if pair.kind == "tuple" and len(pair.items) == 2:
        low, high = pair.items
        if isinstance(low, Scalar) and isinstance(high, Scalar) and low.node is not None and high.node is not None:
            return Region((Piece(low.node, high.node, True, True),))
    return None


def _inequality(text: str) -> Region | None:
    """A region of one variable from `a < x <= b`, `x > 3`, `x \\ne 0`, `|x| < c`, with "and"; None for anything else."""
    if not _ORDER.search(text) or "," in text or '"' in text or re.search(r"\\\{|(?<![A-Za-z])(?:and|or)(?![A-Za-z])", text):
        return None
    if "=" in text:
        return None
    ops = [m.group() for m in _ORDER.finditer(text)]
    sides = [node_of(s.strip()) for s in _ORDER.split(text)]
    if any(s is None for s in sides):
        return None
    nodes = [s for s in sides if s is not None]
    names = [s.strip() for s in _ORDER.split(text)]
    if len(nodes) == 2:
        (left, right), op = nodes, ops[0]
        absolute = re.fullmatch(r"\|\s*(\\?[A-Za-z]+)\s*\|", names[0])
        if absolute and not symbols(right) and op in ("<", "\\le"):
            return Region((Piece(negative(right), right, op == "<", op == "<"),), absolute.group(1))
        if absolute and not symbols(right) and op in (">", "\\ge"):
            opened = op == ">"
            return Region((Piece(negative(OO), negative(right), True, opened), Piece(right, OO, opened, True)), absolute.group(1))
        if not _is_name(names[0]) and _is_name(names[1]):
            left, right, op, names = right, left, _FLIP[op], names[::-1]
        if not _is_name(names[0]) or symbols(left) & symbols(right):
            return None
        if op == "\\ne":
            return punctured([right], names[0])
        below = op in ("<", "\\le")
        opened = op in ("<", ">")
        return Region((Piece(negative(OO), right, True, opened) if below else Piece(right, OO, opened, True),), names[0])
    if len(nodes) == 3 and _is_name(names[1]):
        if all(op in (">", "\\ge") for op in ops):
            nodes, ops = nodes[::-1], [_FLIP[op] for op in ops[::-1]]
        if all(op in ("<", "\\le") for op in ops):
            return Region((Piece(nodes[0], nodes[2], ops[0] == "<", ops[1] == "<"),), names[1])
    return None


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]'?|\\[a-z]+|[A-Za-z]_\{?\w+\}?", text) is not None and text not in ("e", "i", "\\pi", "\\infty")


def is_label(text: str) -> bool:
    """Whether the left side of an equation only names what is asked: x, f(x), a_1, \\angle ABC, words."""
    return re.fullmatch(r'"[^"]*"|\((?:[a-z](?:_\{?\w\}?)?\s*,?\s*)+\)', text) is not None or (
        _LABEL.fullmatch(text) is not None and text not in ("e", "i", "\\pi")
    )


def order_of(text: str) -> Order | None:
    """A single inequality between two expressions."""
    ops = _ORDER.findall(text)
    if len(ops) != 1 or "=" in text:
        return None
    left, right = (node_of(s.strip()) for s in _ORDER.split(text))
    return None if left is None or right is None else Order(ops[0], left, right)
