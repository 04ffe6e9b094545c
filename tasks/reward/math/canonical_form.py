"""The canonical form of an answer, by which equal answers are counted."""

from __future__ import annotations

from tasks.reward.math.answer_parser import read
from tasks.reward.math.answer_types import Answer, Collection, Equation, Matrix, Region, Scalar, Words, is_label
from tasks.reward.math.exact import exact
from tasks.reward.math.expression import Node, Op, ParseError, TooLarge, has
from tasks.reward.math.normal_form import Undecided, render
from tasks.reward.math.normalise import key, tidy
from tasks.reward.math.text_answers import plain_words


def canonical(answer: str) -> str:
    """Return the canonical form of an answer's LaTeX: equal for answers that the cheap layers find equal."""
    return canonical_of_text(tidy(answer))


def canonical_of_text(given: str) -> str:
    """Return the canonical form of a tidy text; a text that cannot be read is shortened to 200 characters."""
    try:
        return _canonical(read(given))
    except (ParseError, RecursionError):
        return key(given)[:200]


def _canonical(answer: Answer) -> str:
    match answer:
        case Scalar(text=text, node=node, percent=percent):
            sign = "%" if percent else ""
            if node is None:
                return key(text) + sign
            try:
                return render(exact(node)) + sign
            except (Undecided, TooLarge):
                return key(text) + sign
        case Words(text=text):
            return plain_words(text)
        case Collection(kind=kind, items=items):
            parts = [_canonical(i) for i in items]
            if kind == "set":
                parts = sorted(set(parts))
            elif kind == "list":
                parts = sorted(parts)
            if kind in ("ratio", "clock"):
                return ":".join(parts)
            inside = ", ".join(parts)
            return f"({inside})" if kind == "tuple" else f"{{{inside}}}" if kind == "set" else inside
        case Region(pieces=pieces):
            ends = [
                f"{'(' if p.low_open else '['}{_endpoint(p.low)}, {_endpoint(p.high)}{')' if p.high_open else ']'}"
                for p in pieces
            ]
            return " u ".join(sorted(ends))
        case Equation(sides=sides, texts=written):
            return (
                _canonical(sides[-1])
                if is_label(written[0]) and len(sides) == 2
                else " = ".join(_canonical(s) for s in sides)
            )
        case Matrix(rows=rows):
            return "[" + "; ".join(", ".join(_canonical(c) for c in row) for row in rows) + "]"
    return f"{_endpoint(answer.left)} {answer.op} {_endpoint(answer.right)}"


def _endpoint(node: Node) -> str:
    if has(node, "oo"):
        return "oo" if node == Op("oo") else "-oo"
    return _canonical(Scalar(str(node), node))
