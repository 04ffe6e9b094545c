"""The kinds of answers, and the helpers that all readers share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.reward.math import parse as expressions
from tasks.reward.math.normalise import MAX_LENGTH, balanced
from tasks.reward.math.tree import Node, ParseError
from tasks.reward.math.units import Unit

_LABEL = re.compile(
    r"(?:\\(?:angle|triangle|overline|vec|hat|bar|max|min|det|mathbb|mathcal|mathfrak|widehat|overrightarrow)\s*)*(?:\\?[A-Za-z]+'*|\{[A-Za-z]+\})(?:\s*_\s*(?:\{[^{}]*\}|\w|\\[a-z]+))?'*"
    r"(?:\s*\([^()]*\))?(?:\s*\^\{?\*\}?)?"
)
_OPEN, _CLOSE = "([{", ")]}"


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


def usable(text: str) -> None:
    """ParseError for a text that is no answer, not even to itself: empty, a placeholder, unbalanced, not a number."""
    if not re.search(r"[\w\\]", text) or text in ("\\ldots", "_") or text.strip(' "').lower() in ("nan", "\\nan"):
        raise ParseError("empty")
    if len(text) > MAX_LENGTH or not balanced(text):
        raise ParseError("too long, or braces that do not close")


def is_label(text: str) -> bool:
    """Whether the left side of an equation only names what is asked: x, f(x), a_1, \\angle ABC, words."""
    return re.fullmatch(r'"[^"]*"|\((?:[a-z](?:_\{?\w\}?)?\s*,?\s*)+\)', text) is not None or (
        _LABEL.fullmatch(text) is not None and text not in ("e", "i", "\\pi")
    )


def pair_region(pair: Collection) -> Region | None:
    """The open interval that a pair in parentheses may be."""
    if pair.kind == "tuple" and len(pair.items) == 2:
        low, high = pair.items
        if isinstance(low, Scalar) and isinstance(high, Scalar) and low.node is not None and high.node is not None:
            return Region((Piece(low.node, high.node, True, True),))
    return None
