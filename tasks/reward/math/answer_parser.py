"""Parser of a whole answer, in the form of `normalise.tidy`.

An answer is a quantity, words, a collection, a set of reals, an equation or a matrix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tasks.reward.math.answer_types import (
    Answer,
    Collection,
    Equation,
    Matrix,
    Region,
    Scalar,
    Words,
    encloses,
    node_of,
    pair_region,
    split_top,
    usable,
)
from tasks.reward.math.expression import OO, ParseError
from tasks.reward.math.expression_parser import parse
from tasks.reward.math.interval_parser import ORDER, order_of
from tasks.reward.math.interval_parser import region as read_region
from tasks.reward.math.normalise import strip_braces
from tasks.reward.math.units import split_unit

_KNOWN_WORDS = frozenset(
    ["yes", "no", "true", "false", "odd", "even", "none", "east", "west", "north", "south", "prime", "both"]
)
_NO_SOLUTION = frozenset([
    "no solution", "no solutions", "empty set", "the empty set", "none exist", "no real solutions", "no real solution",
])  # fmt: skip
_JOIN = re.compile(r'"\s*,?\s*(?:and|or)\s*,?\s*"|(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])')
_CELLS = re.compile(
    r"^\s*(?:[(\[]\s*)?\\begin\{(?P<kind>[pbvBV]?matrix|smallmatrix|array)\}(?:\{[lcr|]*\})?(?P<body>.*)"
    r"\\end\{(?P=kind)\}(?:\s*[)\]])?\s*$",
    re.DOTALL,
)
_BASE_WORD = re.compile(r'_\s*\{\s*"(\w+)"\s*\}$')  # 1011_{\text{two}}
_BASE = re.compile(r"^([0-9A-Za-z]+)\s*_\s*\{?\s*\(?(\d+)\)?\s*\}?$")
_WORDLIKE = re.compile("[A-Z][a-z]+|[b-df-hj-np-tv-z][aeiou][b-df-hj-np-tv-z]")  # Tom, red
_NUMBERS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
]  # fmt: skip
_CLOCK = re.compile(r'(\d{1,2}):([0-5]\d)\s*"?\s*([ap])?(?:\.?\s*m\.?)?\s*"?', re.IGNORECASE)


@lru_cache(maxsize=4096)
def read(text: str) -> Answer:
    """Return the answer that a tidy text holds; ParseError where it holds none."""
    text = strip_braces(text.strip())
    usable(text)
    while _in_parentheses(text) and len(split_top(text[1:-1], ",;")) == 1 and not re.fullmatch(r"\([A-J]\)", text):
        text = text[1:-1].strip()
        if not text:
            raise ParseError("empty")
    return _read(text)


def _in_parentheses(text: str) -> bool:
    return encloses(text) and text[0] == "(" and text[-1] == ")"


def _read(text: str) -> Answer:
    text = re.sub(
        r'^"[^"]*(?:\b(?:is|are|be|answer|equals|value)\s*:?|:)\s*"\s*(?=[^\s"])', "", text, flags=re.IGNORECASE
    )
    words = _words(text)
    if words is not None:
        lower = words.strip().lower()
        if lower in ("infinity", "positive infinity"):
            return Scalar(text, OO)
        if lower in _NO_SOLUTION:
            return Collection("set", ())
        if lower in _NUMBERS:
            return Scalar(text, parse(str(_NUMBERS.index(lower))))
        return Words(" ".join(words.split()))
    if (matrix := _matrix(text)) is not None:
        return matrix
    if (region := read_region(text)) is not None:
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
    """Return the list of answers in `parts`, or the union of sets of reals that "or" joins in `text`."""
    items: list[Answer] = []
    for part in parts:
        items.extend(_spread(part))
    if re.search(r'"\s*or\s*"|\bor\b', text) and all(isinstance(i, Region) for i in items):
        regions = [i for i in items if isinstance(i, Region)]
        return Region(tuple(p for r in regions for p in r.pieces), regions[0].name)
    return Collection("list", tuple(items))


def _spread(text: str) -> list[Answer]:
    """Return the one answer in `text`, or the two of a plus-minus."""
    if re.search(r"\\(?:pm|mp)(?![A-Za-z])", text):
        upper = re.sub(r"\\pm(?![A-Za-z])", "+", re.sub(r"\\mp(?![A-Za-z])", "-", text))
        lower = re.sub(r"\\pm(?![A-Za-z])", "-", re.sub(r"\\mp(?![A-Za-z])", "+", text))
        return [read(upper), read(lower)]
    return [read(text)]


def _single(text: str) -> Answer:
    """Read one answer: an equation, an inequality, a membership, a set, a tuple, a clock time, a ratio, a scalar."""
    if re.search(r"\\(?:pm|mp)(?![A-Za-z])", text) and not encloses(text) and not text.startswith("\\{"):
        return Collection("list", tuple(_spread(text)))
    equation = [s.strip() for s in split_top(text, "=")]
    if len(equation) > 1 and not ORDER.search(text):
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
                raise ParseError("brackets" if text[0] + text[-1] == "[]" else "brackets that are no interval")
            return Collection("tuple", items)
    if clock := _CLOCK.fullmatch(text):
        return Collection(
            "clock", tuple(Scalar(p.lower(), node_of(p) if p.isdigit() else None) for p in clock.groups() if p)
        )
    ratio = [s.strip() for s in re.split(r':|"\s*to\s*"|(?<=\d) to (?=\d)', text)]
    if len(ratio) > 1 and all(ratio):
        return Collection("ratio", tuple(scalar(s) for s in ratio))
    return scalar(text)


def _side(text: str) -> Answer:
    """Read one side of an equation; a side that is no answer stays text."""
    try:
        return read(text)
    except ParseError:
        return Scalar(text, None)


def _set(inner: str) -> Answer:
    r"""Read what stands between \{ and \}: members, or a condition behind a bar."""
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
    """Read one value with its unit or percent sign."""
    value, unit = split_unit(text)
    percent = value.endswith("%")
    if percent:
        value = value.removesuffix("%").strip()
    value = strip_braces(value)
    while _in_parentheses(value):
        value = value[1:-1].strip()
    based = _BASE.match(
        _BASE_WORD.sub(lambda m: f"_{_NUMBERS.index(m.group(1))}" if m.group(1) in _NUMBERS else m.group(), value)
    )
    if based and value[0].isdigit():
        return Scalar(f"{based.group(1).upper()}_{based.group(2)}", None, unit, percent)
    return Scalar(value, node_of(value), unit, percent)


def _matrix(text: str) -> Matrix | None:
    """Return the matrix in `text`, None for anything else (a determinant is a scalar); ParseError for unequal rows."""
    match = _CELLS.match(text)
    if match is None or "\\begin" in match.group("body"):
        return None
    rows = re.split(r"\\\\(?:\[[^\]]*\])?|\\cr(?![A-Za-z])", match.group("body"))
    rows = [re.sub(r"\\hline", "", r) for r in rows]
    if rows and not rows[-1].strip():
        rows = rows[:-1]
    cells = tuple(tuple(read(c) for c in row.split("&")) for row in rows)
    if not cells or len({len(r) for r in cells}) != 1:
        raise ParseError("a matrix whose rows differ")
    if match.group("kind") == "vmatrix":
        return None
    return Matrix(cells)


def _words(text: str) -> str | None:
    """Return the words of a text that is nothing but words, else None."""
    outside = re.sub(r'"[^"]*"', "", text)
    if '"' in text and not re.search(r"[\w\\]", outside):
        return text.replace('"', " ")
    bare = text.replace("\\ ", " ")
    if re.fullmatch(r"[^\W\d_][^\W\d_'\- .,/]*(?:[ \-'/.,]+[^\W\d_]+)*[.!]?", bare):
        parts = re.findall(r"[^\W\d_]+", bare)
        if all(len(w) == 1 for w in parts):
            return None
        if any(
            len(w) >= 4 or w.lower() in _KNOWN_WORDS or not w.isascii() or _WORDLIKE.fullmatch(w) for w in parts
        ) and not re.search(r"\b(?:a?(?:sin|cos|tan)|log|sqrt)\b", bare):
            return bare
    return None
