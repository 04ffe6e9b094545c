"""The types of an answer, and the text helpers that their parsers share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.reward.math.expression import Node, ParseError
from tasks.reward.math.expression_parser import parse
from tasks.reward.math.frames import names_asked
from tasks.reward.math.groups import balanced
from tasks.reward.math.normalise import MAX_LENGTH
from tasks.reward.math.units import Unit

_LABEL = re.compile(
    r"(?:(?:m\s*(?=\\angle))?\\(?:angle|triangle|overline|vec|hat|bar|max|min|det|mathbb|mathcal|mathfrak|widehat|overrightarrow|bold)\s*)*"
    r"(?:\\?[A-Za-z]+'*|\{[A-Za-z]+\}|\"(?:P|Pr|E|Var)\")(?:\s*_\s*(?:\{[^{}]*\}|\w|\\[a-z]+))?'*"
    r"(?:\s*(?:\([^()]*\)|\[[^\[\]]*\]))?(?:\s*\^\{?\*\}?)?"
)
#: What looks like a label and is an operation on an unknown: \\log(x), x(x + 1), xx, ex.
_OPERATION = re.compile(
    r"\\?(?:log|ln|lg|exp|sqrt|abs|floor|ceil|sign|a(?:rc)?(?:sin|cos|tan|cot|sec|csc)|(?:sin|cos|tan|cot)h)"
    r"(?![A-Za-z])|(?P<name>\\?[A-Za-z]+)\s*\(.*(?P=name)(?![A-Za-z])|([a-z])\2+$|[ei][a-z]$"
)
_CONTENT = re.compile(r"[\w\\]")
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value with its unit or percent sign. `node` is None where `expression_parser` cannot read `text`."""

    text: str
    node: Node | None
    unit: Unit | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """An answer in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Several answers.

    `kind`: list (in any order), set (in any order, repetitions ignored), tuple, ratio, clock; what a connective joins,
    in any order: and, or, union, intersection; wedge, in its order.
    """

    kind: str
    items: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval of the reals; an end is open or closed, and may be infinite."""

    low: Node
    high: Node
    low_open: bool
    high_open: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A set of reals as a union of intervals; `name` is the variable of the inequality it was written as, else None."""

    pieces: tuple[Piece, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation with two or more sides; `texts` are the sides as written."""

    sides: tuple[Answer, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An inequality `left` `op` `right` that is no interval of one variable."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix or a vector; all rows have the same length."""

    rows: tuple[tuple[Answer, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """An answer by cases: values with their conditions, in any order."""

    rows: tuple[tuple[Answer, Answer], ...]


Answer = Scalar | Words | Collection | Region | Equation | Order | Matrix | Cases


def split_top(text: str, separators: str) -> list[str]:
    """Return the parts of `text` between separators that lie in no brackets."""
    if not any(separator in text for separator in separators):
        return [text]
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
            if not text[at + 1].isalpha():  # an escaped sign, such as a line break
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


def split_commands(text: str, command: str) -> list[str]:
    """Return the parts of `text` between the commands called `command` that lie in no brackets."""
    if f"\\{command}" not in text:
        return [text]
    mark = "\0"  # no character of a tidy text
    marked = re.sub(rf"\\{command}(?![A-Za-z])", mark, text)
    return split_top(marked, mark) if mark in marked else [text]


def encloses(text: str) -> bool:
    """Return True if the first character of `text` is a bracket that its last character closes."""
    if len(text) < 2 or text[0] not in "([" or text[-1] not in ")]":
        return False
    depth = 0
    for at, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if depth == 0:
            return at == len(text) - 1
    return False


def node_of(text: str) -> Node | None:
    """Return the expression tree of `text`, None where it is no expression."""
    try:
        return parse(text)
    except (ParseError, RecursionError):
        return None


def usable(text: str) -> None:
    """Raise ParseError for a text that can be no answer: empty, a placeholder, unbalanced, "nan", too long."""
    if fault := _fault(text):
        raise ParseError(fault)


@lru_cache(maxsize=4096)
def _fault(text: str) -> str | None:
    if not _CONTENT.search(text) or text in ("\\ldots", "_") or text.strip(' "').lower() in ("nan", "\\nan"):
        return "empty"
    return "too long, or braces that do not close" if len(text) > MAX_LENGTH or not balanced(text) else None


def is_label(text: str) -> bool:
    r"""Return True if the left side of an equation only names what is asked: x, f(x), a_1, \angle ABC, words."""
    if re.fullmatch(r'"[^"]*"', text):
        return names_asked(text)
    if re.fullmatch(r"\((?:[a-z](?:_\{?\w\}?)?\s*,?\s*)+\)", text):
        axes = re.findall(r"[xyz](?=\s*[,)])", text)  # (y, x) is no point of the plane as it is written
        return axes == sorted(axes)
    return _LABEL.fullmatch(text) is not None and text not in ("e", "i", "\\pi") and _OPERATION.match(text) is None


def pair_region(pair: Collection) -> Region | None:
    """Return the open interval that a pair in parentheses may mean, None for anything else."""
    if pair.kind == "tuple" and len(pair.items) == 2:
        low, high = pair.items
        if isinstance(low, Scalar) and isinstance(high, Scalar) and low.node is not None and high.node is not None:
            return Region((Piece(low.node, high.node, True, True),))
    return None
