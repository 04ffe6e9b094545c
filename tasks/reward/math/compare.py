"""Comparison of an answer with the gold answer: by type, member by member, down to pairs of scalars.

The result is True, False, or None if the equality of two scalars is beyond the oracle that is given (the cheap one in
this process, the strong one in a worker). It is symmetric where the question is; where it is not (gold asks for one
value, an answer with a label gives it), the package's docstring states the rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from tasks.reward.math import exact
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
    node_of,
    pair_region,
)
from tasks.reward.math.asked import names_what_is_asked
from tasks.reward.math.compare_intervals import compare_regions, points_region
from tasks.reward.math.compare_scalars import compare_scalars
from tasks.reward.math.expression import Node, Sym, add, mul, negative, symbols
from tasks.reward.math.normalise import key
from tasks.reward.math.oracle import Oracle, Truth, both, either, pairing
from tasks.reward.math.text_answers import same_words


def matching(gold: Sequence[Answer], given: Sequence[Answer], oracle: Oracle, distinct: bool) -> Truth:
    """Compare members in any order; `distinct` ignores repetitions. More than 60 members are compared in order."""
    if max(len(gold), len(given)) > 60:
        return in_order(gold, given, oracle)
    if len(gold) != len(given) and not distinct:
        return False
    table = [[compare(g, a, oracle) for a in given] for g in gold]
    if distinct:
        rows, columns = (
            [any(v is True for v in row) for row in table],
            [any(row[c] is True for row in table) for c in range(len(given))],
        )
        if all(rows) and all(columns):
            return True
        if any(all(v is False for v in row) for row in table) or any(
            all(row[c] is False for row in table) for c in range(len(given))
        ):
            return False
        return None
    return pairing(table)


def in_order(gold: Sequence[Answer], given: Sequence[Answer], oracle: Oracle) -> Truth:
    """Compare members one by one."""
    if len(gold) != len(given):
        return False
    return both(*(compare(g, a, oracle) for g, a in zip(gold, given, strict=True)))


def _labelled(items: Sequence[Answer]) -> list[tuple[str, Answer]] | None:
    """Return (label, value) of each member, None unless every member is a labelled equation."""
    pairs = []
    for item in items:
        if not isinstance(item, Equation) or len(item.sides) != 2 or not is_label(item.texts[0]):
            return None
        pairs.append((re.sub(r"[\s{}]", "", item.texts[0]), item.sides[1]))
    return pairs


def plain_collection(collection: Collection) -> Collection:
    """Return the collection without labels.

    `x = 1, 2` and `x = 1 or x = 2` are the list 1, 2; `x = 1, y = 2` is the pair (1, 2).
    """
    items = collection.items
    if collection.kind != "list":
        return collection
    if isinstance(items[0], Equation) and not any(isinstance(i, Equation) for i in items[1:]):
        first = _labelled(items[:1])
        return Collection("list", (first[0][1], *items[1:])) if first else collection
    pairs = _labelled(items)
    if pairs is None:
        return collection
    names = {re.sub(r"_\w+$|\(.*", "", label) for label, _ in pairs}
    if len(names) == 1:
        return Collection("list", tuple(value for _, value in pairs))
    return Collection("tuple", tuple(value for _, value in sorted(pairs, key=lambda p: p[0])))


def _compare_collections(gold: Collection, given: Collection, oracle: Oracle) -> Truth:
    """Compare lists, sets, tuples, ratios and clock times."""
    one, two = _labelled(gold.items), _labelled(given.items)
    if (
        gold.kind == given.kind == "list"
        and one
        and two
        and {n for n, _ in one} == {n for n, _ in two}
        and len({n for n, _ in one}) == len(one)
    ):
        values = dict(two)
        return both(*(compare(value, values[name], oracle) for name, value in one)) if len(one) == len(two) else False
    gold, given = plain_collection(gold), plain_collection(given)
    kinds = (gold.kind, given.kind)
    if one and two and gold.kind != given.kind:  # x = 1 or x = 2; x = 1, y = 2
        return False
    if "clock" in kinds:
        if kinds == ("clock", "clock"):
            return _same_clock(gold, given)
        gold, given = (Collection("ratio", c.items) if c.kind == "clock" else c for c in (gold, given))
        kinds = (gold.kind, given.kind)
    if "ratio" in kinds:
        return _ratios(gold.items, given.items, oracle) if kinds == ("ratio", "ratio") else False
    if kinds == ("tuple", "tuple") or kinds in (("list", "tuple"), ("tuple", "list")):
        return in_order(gold.items, given.items, oracle)
    if "tuple" in kinds:
        return False
    if not set(kinds) <= {"list", "set"}:  # of what a connective joins, only the same connective joins an equal
        same = in_order if gold.kind == "wedge" else partial(matching, distinct=False)
        return same(gold.items, given.items, oracle) if gold.kind == given.kind else False
    return matching(gold.items, given.items, oracle, distinct="set" in kinds)


def clock_time(clock: Collection) -> tuple[int, int, bool]:
    """Return hour and minute on the 24-hour clock, and whether a.m. or p.m. is named."""
    hour, minute, *half = (i.text for i in clock.items if isinstance(i, Scalar))
    if half:
        return int(hour) % 12 + 12 * (half[0] == "p"), int(minute), True
    return int(hour), int(minute), False


def _same_clock(gold: Collection, given: Collection) -> bool:
    """Compare two clock times. Beside one with a.m. or p.m., another from 1:00 to 12:59 may be of either half."""
    (h1, m1, named1), (h2, m2, named2) = clock_time(gold), clock_time(given)
    if named1 != named2 and 1 <= (h2 if named1 else h1) <= 12:
        return m1 == m2 and h1 % 12 == h2 % 12
    return (h1, m1) == (h2, m2)


def _ratios(gold: Sequence[Answer], given: Sequence[Answer], oracle: Oracle) -> Truth:
    """Compare two ratios up to a common factor."""
    if len(gold) != len(given):
        return False
    nodes = [[i.node for i in side if isinstance(i, Scalar) and i.node is not None] for side in (gold, given)]
    if any(len(n) != len(gold) for n in nodes) or any(exact.rational(n) == 0 for side in nodes for n in side):
        return in_order(gold, given, oracle)
    g, a = nodes
    return both(*(oracle.equal(mul(g[0], a[k]), mul(a[0], g[k])) for k in range(1, len(g))))


def difference(equation: Equation) -> Node | None:
    """Return left - right of an equation between two expressions, None for anything else."""
    if len(equation.texts) != 2:
        return None
    left, right = (node_of(t) for t in equation.texts)
    return None if left is None or right is None else add(left, negative(right))


def _compare_equations(gold: Equation, given: Equation, oracle: Oracle) -> Truth:
    """Compare two equations: by value behind the same label, else up to a factor."""
    one, two = difference(gold), difference(given)
    same_label = key(gold.texts[0]) == key(given.texts[0]) and is_label(gold.texts[0])
    by_value = compare(gold.sides[-1], given.sides[-1], oracle) if same_label else False
    if one is None or two is None:
        flat = [re.sub(r"\s", "", "=".join(e.texts)) for e in (gold, given)]
        return True if flat[0] == flat[1] else either(by_value, False) if same_label else False
    return either(by_value, oracle.multiple(one, two, False))


def _middle_holds(equation: Equation, oracle: Oracle) -> Truth:
    r"""Return whether the middle of a chain hides no other answer, as that of `x = 13 \\text{ maybe } x = 12` does.

    It does not hold the name in front, and what cannot be read there is equal to the last side or has no digit.
    """
    name = equation.sides[0].node if isinstance(equation.sides[0], Scalar) else None
    truths: list[Truth] = []
    for side in equation.sides[1:-1]:
        if isinstance(side, Scalar) and side.node is not None:
            truths.append(not (isinstance(name, Sym) and name.name in symbols(side.node)))
        elif isinstance(side, Scalar) and re.search(r"\d", side.text):
            truths.append(oracle.opaque(side.text, equation.texts[-1]))
        elif isinstance(side, Collection) and side.kind in ("or", "and", "union", "intersection"):
            return False
    return both(*truths)


def value_of(equation: Equation, gold: Answer, oracle: Oracle) -> Answer | None:
    """Return the value that an equation gives (`x = 5`, `a + b = 10`, `10 = x`, `2 + 3 = 5`).

    None for a false equation, and for an equation to solve (`2x = 10`, `x^2 - 1 = 0`).
    """
    nodes = [s.node if isinstance(s, Scalar) else None for s in equation.sides]
    values = [n for n in nodes if n is not None and not symbols(n)]
    if any(oracle.equal(values[0], v) is not True for v in values[1:]):
        return None
    last, first = equation.sides[-1], equation.sides[0]
    if isinstance(nodes[0], Sym) and nodes[-1] is not None and nodes[0].name in symbols(nodes[-1]):  # x = 3x + 1
        return None
    if not is_label(equation.texts[0]):
        if values and not (isinstance(first, Scalar) and isinstance(last, Scalar)):  # 12 = (1, 2)
            return None
        if is_label(equation.texts[-1]) and (nodes[-1] is None or symbols(nodes[-1])):
            return first
        left = nodes[0]
        if left is None or (isinstance(gold, Scalar) and gold.node is not None and symbols(gold.node)):
            return None
        unknown = [text for text, node in zip(equation.texts, nodes, strict=True) if node is not None and symbols(node)]
        if unknown and not any(map(names_what_is_asked, unknown)):
            return None
        if exact.rational(values[-1]) == 0 if values else False:  # f(x) = 0 is an equation to solve, not the value 0
            return None if re.search(r"\d", equation.texts[0]) else last
    return last


def compare(gold: Answer, given: Answer, oracle: Oracle) -> Truth:
    """Return whether `given` is the answer that `gold` asks for."""
    match gold, given:
        case Equation(), Equation():
            return both(_middle_holds(given, oracle), _compare_equations(gold, given, oracle))
        case _, Equation():
            value = value_of(given, gold, oracle)
            return False if value is None else both(_middle_holds(given, oracle), compare(gold, value, oracle))
        case Equation(), _:
            return compare(gold.sides[-1], given, oracle) if len(gold.sides) == 2 and is_label(gold.texts[0]) else False
        case Words(), Words():
            return same_words(gold.text, given.text)
        case Scalar(), Scalar():
            return compare_scalars(gold, given, oracle)
        case Matrix(), Matrix():
            if len(gold.rows) != len(given.rows) or len(gold.rows[0]) != len(given.rows[0]):
                return False
            return both(
                *(
                    compare(g, a, oracle)
                    for r, s in zip(gold.rows, given.rows, strict=True)
                    for g, a in zip(r, s, strict=True)
                )
            )
        case Cases(), Cases():
            return _compare_cases(gold, given, oracle)
        case (Matrix(), Collection(kind="tuple")) | (Collection(kind="tuple"), Matrix()):
            return _column_and_tuple(gold, given, oracle)
        case Region(), Region():
            return compare_regions(gold, given, oracle)
        case Order(), Order():
            return _compare_orders(gold, given, oracle)
        case Region(), Collection():
            other = pair_region(given) or points_region(given)
            return False if other is None else compare_regions(gold, other, oracle)
        case Collection(), Region():
            pair = pair_region(gold) or points_region(gold)
            return False if pair is None else compare_regions(pair, given, oracle)
        case Collection(), Collection():
            return _compare_collections(gold, given, oracle)
        case (Collection(kind="ratio"), Scalar()) | (Scalar(), Collection(kind="ratio")):
            return _ratio_value(gold, given, oracle)
        case (Words(), Scalar()) | (Scalar(), Words()):
            one, two = (t.replace('"', "").strip().lower() for t in (_text(gold), _text(given)))
            return one == two and one.isalpha()
    return False


def _compare_cases(gold: Cases, given: Cases, oracle: Oracle) -> Truth:
    """Compare answers by cases: each value with its condition, in any order."""
    if len(gold.rows) != len(given.rows):
        return False
    return pairing(
        [
            [both(compare(value, other, oracle), compare(when, then, oracle)) for other, then in given.rows]
            for value, when in gold.rows
        ]
    )


def _column_and_tuple(gold: Answer, given: Answer, oracle: Oracle) -> Truth:
    """Compare a column vector with a tuple."""
    one, two = (
        tuple(row[0] for row in a.rows)
        if isinstance(a, Matrix) and len(a.rows[0]) == 1
        else a.items
        if isinstance(a, Collection)
        else ()
        for a in (gold, given)
    )
    return in_order(one, two, oracle) if one and two else False


def _text(answer: Answer) -> str:
    return answer.text if isinstance(answer, Scalar | Words) else ""


def _ratio_value(gold: Answer, given: Answer, oracle: Oracle) -> Truth:
    """Compare a ratio of two numbers with their quotient."""
    ratio, value = (gold, given) if isinstance(gold, Collection) else (given, gold)
    assert isinstance(ratio, Collection), ratio
    assert isinstance(value, Scalar), value
    parts = [i.node for i in ratio.items if isinstance(i, Scalar) and i.node is not None]
    if value.unit is not None and value.unit.known:
        return False
    if len(parts) != 2 or len(ratio.items) != 2 or value.node is None or value.percent or exact.rational(parts[1]) == 0:
        return False
    return oracle.equal(parts[0], mul(value.node, parts[1]))


def _compare_orders(gold: Order, given: Order, oracle: Oracle) -> Truth:
    """Compare two inequalities: in the same direction, up to a positive factor."""

    def forward(order: Order) -> tuple[str, Node]:
        """Return the sign of smaller `op` larger, and the difference larger - smaller."""
        if order.op in (">", "\\ge"):
            return {">": "<", "\\ge": "\\le"}[order.op], add(order.left, negative(order.right))
        return order.op, add(order.right, negative(order.left))

    (op1, one), (op2, two) = forward(gold), forward(given)
    return False if op1 != op2 else oracle.multiple(one, two, op1 != "\\ne")
