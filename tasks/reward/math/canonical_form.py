"""The canonical form of an answer, by which equal answers are counted.

Beside a gold answer the form follows the comparison: a bare number has the gold's unit, and where the gold has none,
units of answers do not count. Alone, quantities are written in base units, percentages as fractions.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from tasks.reward.math.answer_parser import read
from tasks.reward.math.answer_types import (
    Answer,
    Cases,
    Collection,
    Equation,
    Matrix,
    Order,
    Region,
    Scalar,
    Words,
    is_label,
)
from tasks.reward.math.compare import clock_time, plain_collection, value_of
from tasks.reward.math.compare_intervals import merged
from tasks.reward.math.conditions import conditioned
from tasks.reward.math.equivalence import split_about, without_choice_label
from tasks.reward.math.exact import exact
from tasks.reward.math.expression import PI, Node, Num, Op, ParseError, TooLarge, divide, has, mul, negative
from tasks.reward.math.normal_form import Form, Undecided, clock, render
from tasks.reward.math.normalise import key, tidy
from tasks.reward.math.oracle import CHEAP, is_rounding
from tasks.reward.math.residues import residue_of
from tasks.reward.math.text_answers import choice_letter, plain_words

_PLAIN = ("angle", "money")  # degrees and dollars are written without their sign as often as with it


def canonical(answer: str, gold: str | None = None) -> str:
    """Return the canonical form of an answer's LaTeX, beside a gold answer's if there is one."""
    return canonical_of_text(tidy(answer), None if gold is None else tidy(gold))


@lru_cache(maxsize=4096)
def canonical_of_text(given: str, gold: str | None = None) -> str:
    """Return the canonical form of a tidy text; a text that cannot be read is shortened to 200 characters."""
    reference: Answer | None = None
    try:
        if gold is not None:
            if (letter := choice_letter(given)) is not None and choice_letter(gold) == gold.strip('"()'):
                return letter
            reference = read(gold)
    except (ParseError, RecursionError):
        reference = None
    clock.start_answer()
    try:
        return _whole(given, reference)
    except (ParseError, RecursionError):
        return key(given)[:200]
    finally:
        clock.end_answer()


def _whole(given: str, gold: Answer | None) -> str:
    if (residue := residue_of(given)) is not None:
        members = residue.members()
        text = key(residue.text) if members is None else ", ".join(map(str, sorted(members)))
        return f"{text} mod {residue.modulus}"
    if (about := split_about(given)) is not None:
        given = about[1] if is_label(about[0]) else about[0]
    if (condition := conditioned(given)) is not None and condition.idle:
        given = condition.value
    answer = read(without_choice_label(given))
    if isinstance(answer, Equation) and isinstance(gold, Scalar):
        answer = value_of(answer, gold, CHEAP) or answer
    return _scalar(answer, gold) if isinstance(answer, Scalar) and isinstance(gold, Scalar) else _canonical(answer)


def _scalar(given: Scalar, gold: Scalar) -> str:
    """Return the form of a value beside a gold value: in the gold's unit, as the comparison reads it."""
    node, unit = given.node, gold.unit
    if node is None:
        return key(given.text)
    own = given.unit if given.unit is not None and given.unit.known else None
    if given.percent:
        return _of_node(divide(node, Num(Fraction(100))))
    if gold.percent and own is None:
        form = _form(node)
        value = form.get((), Fraction(0)) if form is not None and set(form) <= {()} else Fraction(0)
        return _of_node(divide(node, Num(Fraction(100))) if abs(value) > 1 else node)
    if own is not None and own.foreign_currency and own != unit:
        return _canonical(given)
    if unit is None or not unit.known or unit == own:
        return _of_node(node)
    if unit.dimension == "angle" and (own is None or own.dimension == "radian") and (own or has(node, "pi")):
        return _of_node(mul(node, Num(180 / unit.size), divide(Num(Fraction(1)), PI)))
    if own is None:
        return _of_node(node)
    if own.dimension != unit.dimension:
        return _canonical(given)
    return _of_node(mul(node, Num(own.size / unit.size)))


def _form(node: Node) -> Form | None:
    try:
        return exact(node)
    except (Undecided, TooLarge):
        return None


def _of_node(node: Node, text: str | None = None) -> str:
    """Return the form of a value; `text` (or the tree) where it has no exact form.

    A decimal of six places and more that is the rounding of a simple fraction is that fraction.
    """
    if isinstance(node, Num) and node.places is not None:
        simple = node.value.limit_denominator(min(10 ** max(node.places // 2 - 1, 1), 10**5))
        node = Num(simple) if is_rounding(node, simple) else node
    form = _form(node)
    if form is not None:
        return render(form)
    return key(text) if text is not None else _tree(node)


def _tree(node: Node) -> str:
    """Return a text for a tree that has no normal form."""
    if isinstance(node, Op):
        form = _form(node)
        return f"{node.head}({','.join(map(_tree, node.args))})" if form is None else render(form)
    return _of_node(node)


def _canonical(answer: Answer) -> str:
    match answer:
        case Scalar(text=text, node=node, percent=percent, unit=unit):
            if node is None:
                return key(text) + ("%" if percent else "")
            if percent:
                return _of_node(divide(node, Num(Fraction(100))))
            if unit is None or not unit.known or unit.dimension in _PLAIN:
                plain = node if unit is None or unit.size == 1 else mul(node, Num(unit.size))
                return _of_node(plain, text if plain is node else None)
            return f"{_of_node(mul(node, Num(unit.size)))} {unit.dimension}"
        case Words(text=text):
            letter = text.strip(" .,;:!()")
            return letter if len(letter) == 1 else plain_words(text)
        case Collection():
            return _collection(plain_collection(answer))
        case Region(pieces=pieces):
            ends = [
                f"{'(' if p.low_open else '['}{_endpoint(p.low)}, {_endpoint(p.high)}{')' if p.high_open else ']'}"
                for p in merged(pieces)
            ]
            return " u ".join(sorted(ends))
        case Equation():
            return _equation(answer)
        case Matrix(rows=rows):
            if len(rows[0]) == 1:  # a column is a tuple
                return f"({', '.join(_canonical(row[0]) for row in rows)})"
            return "[" + "; ".join(", ".join(_canonical(c) for c in row) for row in rows) + "]"
        case Cases(rows=rows):
            return "; ".join(sorted(f"{_canonical(value)} if {_canonical(when)}" for value, when in rows))
    return _order(answer)


def _collection(collection: Collection) -> str:
    if collection.kind == "clock":
        hour, minute, _ = clock_time(collection)
        return f"{hour}:{minute:02d}"
    if collection.kind == "ratio":
        return _ratio(collection)
    parts = [_canonical(i) for i in collection.items]
    match collection.kind:
        case "tuple":
            return f"({', '.join(parts)})"
        case "list":
            return ", ".join(sorted(parts))
        case "set":  # of several members it is a list
            members = sorted(set(parts))
            return ", ".join(members) if len(members) > 1 else f"{{{''.join(members)}}}"
        case "wedge":
            return " wedge ".join(parts)
    return f" {collection.kind} ".join(sorted(parts))


def _ratio(ratio: Collection) -> str:
    """Return the form of a ratio up to a common factor: of two numbers, their quotient."""
    nodes = [i.node for i in ratio.items if isinstance(i, Scalar) and i.node is not None]
    forms = [_form(node) for node in nodes]
    if len(nodes) != len(ratio.items) or any(not form for form in forms):
        return ":".join(_canonical(i) for i in ratio.items)
    if len(nodes) == 2:
        return _of_node(divide(nodes[0], nodes[1]))
    return ":".join(_of_node(divide(node, nodes[0])) for node in nodes)


def _equation(equation: Equation) -> str:
    """Return the form of an equation: its value behind a label, solved for y if that is linear, else up to a factor."""
    if is_label(equation.texts[0]) and len(equation.sides) == 2:
        return _canonical(equation.sides[-1])
    sides = [s.node for s in equation.sides if isinstance(s, Scalar) and s.node is not None]
    form = _form(Op("add", (sides[0], negative(sides[1])))) if len(sides) == len(equation.sides) == 2 else None
    if not form:
        return " = ".join(_canonical(s) for s in equation.sides)
    alone = (("y", Fraction(1)),)
    if alone in form and sum(any(atom == "y" for atom, _ in m) for m in form) == 1 and len(form) > 1:
        return render({m: -value / form[alone] for m, value in form.items() if m != alone})
    return f"{render(_scaled(form))} = 0"


def _scaled(form: Form, positive: bool = False) -> Form:
    """Return the form divided by its last coefficient, or by the size of it."""
    last = form[max(form)]
    return {m: value / (abs(last) if positive else last) for m, value in form.items()}


def _order(order: Order) -> str:
    """Return the form of an inequality: what is below (or not) zero, up to a positive factor."""
    low, high = (order.right, order.left) if order.op in (">", "\\ge") else (order.left, order.right)
    op = {">": "<", "\\ge": "\\le"}.get(order.op, order.op)
    form = _form(Op("add", (low, negative(high))))
    if not form:
        return f"{_endpoint(low)} {op} {_endpoint(high)}"
    scaled = _scaled(form, positive=op != "\\ne")
    return f"{render(scaled)} {op} 0"


def _endpoint(node: Node) -> str:
    if has(node, "oo"):
        return "oo" if node == Op("oo") else "-oo"
    return _of_node(node)
