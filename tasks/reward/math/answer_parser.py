"""Parser of a whole answer, in the form of `normalise.tidy`.

An answer is a quantity, words, a collection, a set of reals, an equation or a matrix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
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
    is_label,
    node_of,
    pair_region,
    split_commands,
    split_top,
    usable,
)
from tasks.reward.math.expression import Num, ParseError, mul, symbols
from tasks.reward.math.groups import strip_braces
from tasks.reward.math.interval_parser import ORDER, bounded, intersection, order_of, orders
from tasks.reward.math.interval_parser import region as read_region
from tasks.reward.math.matrix_parser import read_cases, read_matrix
from tasks.reward.math.number_words import number_in_words
from tasks.reward.math.quantity import compound_quantity, split_quantity
from tasks.reward.math.word_answers import named_set, one_spelling, quantity_in_words, without_frame, words_of

_JOIN = re.compile(r'"\s*,?\s*(?:and|or)\s*,?\s*"|(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])')
_BASE_WORD = re.compile(r'_\s*\{\s*"(\w+)"\s*\}$')  # 1011_{\text{two}}
_BASE = re.compile(r"^([0-9A-Za-z]+)\s*_\s*\{?\s*\(?(\d+)\)?\s*\}?$")
_IMPLIES = re.compile(r"\\(?:implies|impliedby|iff|to|rightarrow|Rightarrow|leftrightarrow|Leftrightarrow)(?![A-Za-z])")
_PLUS_MINUS = re.compile(r"\\(?:pm|mp)(?![A-Za-z])")
_MEMBER = re.compile(r"^(\\?[A-Za-z]+(?:_\w|_\{\w+\})?)\s*\\in(?![A-Za-z])\s*(.+)$")
_TO = re.compile(r':|"\s*to\s*"|(?<=\d) to (?=\d)')
_CLOCK = re.compile(
    r'(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))?\s*"?\s*(?:(?P<half>[ap])\.?\s*m\.?|(?P<twelve>noon|midnight))?\s*"?',
    re.IGNORECASE,
)


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
    text = without_frame(text)
    words = words_of(text)
    if words is not None:
        return _from_words(words)
    if (matrix := read_matrix(text, read)) is not None:
        return matrix
    if (cases := read_cases(text, read)) is not None:
        return cases
    text = one_spelling(text)
    if (region := read_region(text)) is not None:
        return region
    if (joined := _connected(text)) is not None:
        return joined
    if text[0].isdigit() and (compound := compound_quantity(text)) is not None:
        value, unit = compound
        return Scalar(text, Num(value), unit)
    separated = _JOIN.sub(";", text) if "and" in text or "or" in text else text
    members = [p.strip() for p in split_top(separated, ",;")]
    parts = [p for p in members if p] if separated != text else members
    if len(parts) > 1:
        if any(not p for p in parts):
            raise ParseError("an empty member")
        return _several(parts, text)
    return _single(parts[0] if parts and len(members) > 1 else text)


def _from_words(words: str) -> Answer:
    """Return the set, the number or the quantity that words name, or the words."""
    if words.lower().strip(" .") in ("noon", "midnight"):
        return read(f"12:00 {words}")
    if (notation := named_set(words)) is not None:
        return read(notation)
    if (quantity := quantity_in_words(words)) is not None:
        value = scalar(quantity)
        if value.node is not None:
            return value
    return Words(" ".join(words.split()))


def _connected(text: str) -> Answer | None:
    r"""Return what \land, \lor, \cap or \cup connect, or inequalities that "and" connects; None for other texts."""
    if "\\" not in text and "<" not in text and ">" not in text:  # no connective, and no order
        return None
    if _IMPLIES.search(text):
        return None
    for command, kind in (("lor", "or"), ("land", "and"), ("cup", "union"), ("cap", "intersection")):
        parts = [p.strip() for p in split_commands(text, command)]
        if len(parts) > 1:
            return _joined(kind, parts)
    return bounded(text) if ORDER.search(text) and "or" not in _connectives(text) else None


def _joined(kind: str, parts: Sequence[str]) -> Answer | None:
    if not all(parts) or (kind in ("union", "intersection") and any(ORDER.search(p) or "=" in p for p in parts)):
        return None
    items = tuple(read(p) for p in parts)
    regions = [i for i in items if isinstance(i, Region)]
    if len(regions) == len(items) and len({r.name for r in regions}) == 1:
        if kind in ("or", "union"):
            return Region(tuple(p for r in regions for p in r.pieces), regions[0].name)
        return intersection(regions)
    labels = {i.texts[0] for i in items if isinstance(i, Equation)}
    if all(isinstance(i, Equation) for i in items) and len(labels) == (1 if kind == "or" else len(items)):
        return Collection("list", items)  # x = 1 or x = 2; x = 1 and y = 2
    # A wedge product of differential forms does not commute.
    ordered = kind == "and" and any(re.fullmatch(r"d[a-z].*", p) for p in parts)
    return Collection("wedge" if ordered else kind, items)


def _several(parts: Sequence[str], text: str) -> Answer:
    """Return the list of answers in `parts`, or what "or" joins in `text`: a union of sets of reals, or alternatives.

    Between the values of one thing "or" and "and" mean the same: both list them.
    """
    items: list[Answer] = []
    for part in parts:
        items.extend(_spread(part))
    words = _connectives(text)
    if "or" not in words:
        return Collection("list", tuple(items))
    regions = [i for i in items if isinstance(i, Region)]
    names = {r.name for r in regions if r.name}
    if len(regions) == len(items) and len(names) < 2:
        return Region(tuple(p for r in regions for p in r.pieces), next(iter(names), None))
    if _of_one_thing(items):
        return Collection("list", tuple(items))
    if "and" in words:
        raise ParseError('"and" and "or" without brackets')
    return Collection("or", tuple(items))


def _connectives(text: str) -> frozenset[str]:
    """Return which of "and" and "or" stand in the text as words."""
    return frozenset(re.findall("and|or", " ".join(_JOIN.findall(text))))


def _of_one_thing(items: Sequence[Answer]) -> bool:
    """Return True if all are values of one name, or numbers."""
    labels = {
        i.texts[0] if len(i.texts) == 2 and is_label(i.texts[0]) else "" for i in items if isinstance(i, Equation)
    }
    values = [i for i in items if not isinstance(i, Equation)]
    if labels:
        return len(labels) == 1 and "" not in labels and (not values or isinstance(items[0], Equation))
    return all(map(_is_number, values))


def _is_number(answer: Answer) -> bool:
    match answer:
        case Scalar(node=node, text=text):
            return _BASE.match(text) is not None if node is None else not symbols(node)
        case Collection(items=items):
            return all(map(_is_number, items))
        case Matrix(rows=rows):
            return all(_is_number(cell) for row in rows for cell in row)
    return False


def _spread(text: str) -> list[Answer]:
    """Return the one answer in `text`, or the two of a plus-minus."""
    if "\\" in text and _PLUS_MINUS.search(text):
        upper = re.sub(r"\\pm(?![A-Za-z])", "+", re.sub(r"\\mp(?![A-Za-z])", "-", text))
        lower = re.sub(r"\\pm(?![A-Za-z])", "-", re.sub(r"\\mp(?![A-Za-z])", "+", text))
        return [read(upper), read(lower)]
    return [read(text)]


def _single(text: str) -> Answer:
    """Read one answer: an equation, an inequality, a membership, a set, a tuple, a clock time, a ratio, a scalar."""
    if "\\" in text and _PLUS_MINUS.search(text) and not encloses(text) and not text.startswith("\\{"):
        return Collection("list", tuple(_spread(text)))
    equation = [s.strip() for s in split_top(text, "=")]
    if len(equation) > 1 and not orders(text):
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
    if "\\in" in text and (match := _MEMBER.match(text)):
        inner = read(match.group(2))
        if isinstance(inner, Collection) and inner.kind == "tuple" and (piece := pair_region(inner)) is not None:
            return Region(piece.pieces, match.group(1))
        return Region(inner.pieces, match.group(1)) if isinstance(inner, Region) else inner
    if text.startswith("\\{") and text.endswith("\\}"):
        return _set(text[2:-2].strip())
    if text == "\\emptyset":
        return Collection("set", ())
    if encloses(text) or (text.startswith("\\langle") and text.endswith("\\rangle")):
        inner_text = text[7:-7] if text.startswith("\\langle") else text[1:-1]
        members = split_top(inner_text, ",;")
        if len(members) > 1:
            items = tuple(read(m) for m in members)
            if text[0] == "[" or text[-1] == "]":
                raise ParseError("brackets" if text[0] + text[-1] == "[]" else "brackets that are no interval")
            return Collection("tuple", items)
    if (clock := _CLOCK.fullmatch(text)) and (clock["minute"] or clock["half"] or clock["twelve"]):
        return _clock_time(clock)
    if ":" in text or "to" in text:
        ratio = [s.strip() for s in _TO.split(text)]
        if len(ratio) > 1 and all(ratio):
            return Collection("ratio", tuple(scalar(s) for s in ratio))
    return scalar(text)


def _clock_time(clock: re.Match[str]) -> Collection:
    """Return a clock time; ParseError for one that no clock shows, such as 15:45 a.m., 0:30 p.m. and 11:00 noon."""
    hour, minute = clock["hour"], clock["minute"] or "00"
    half = {"noon": "p", "midnight": "a"}.get((clock["twelve"] or "").lower()) or (clock["half"] or "").lower()
    shown = range(24) if not half else range(12, 13) if clock["twelve"] else range(13) if half == "a" else range(1, 24)
    if half and (int(hour) not in shown or (clock["twelve"] and int(minute))):
        raise ParseError("no time of day")
    return Collection("clock", tuple(Scalar(p, node_of(p) if p.isdigit() else None) for p in (hour, minute, half) if p))


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
    if "or" in _connectives(inner) and not _of_one_thing(items):
        raise ParseError('"or" between the members of a set')
    return Collection("set", tuple(items))


def scalar(text: str) -> Scalar:
    """Read one value with its unit or percent sign."""
    quantity = split_quantity(text)
    value, unit = quantity.value, quantity.unit
    percent = value.endswith("%")
    if percent:
        value = value.removesuffix("%").strip()
    value = strip_braces(value)
    while _in_parentheses(value):
        value = value[1:-1].strip()
    based = _based(value) if "_" in value else None
    if based and value[0].isdigit() and (quantity.factor == 1 or based.group(2) == "10"):
        if based.group(2) != "10" or not based.group(1).isdecimal():
            return Scalar(f"{based.group(1).upper()}_{based.group(2)}", None, unit, percent)
        value = based.group(1)
    node = node_of(value)
    if node is not None and quantity.factor != 1:
        node = mul(node, Num(Fraction(quantity.factor)))
    return Scalar(text if quantity.factor != 1 else value, node, unit, percent)


def _based(value: str) -> re.Match[str] | None:
    """Return the digits and the base of a number in a base, also of one that a word names."""
    return _BASE.match(
        _BASE_WORD.sub(lambda m: m.group() if (n := number_in_words(m.group(1))) is None else f"_{n}", value)
    )
