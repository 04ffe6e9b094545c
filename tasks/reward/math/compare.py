"""Whether an answer equals the gold answer: by kind, member by member, down to pairs of scalars.

Three-valued: True, False, or None where the equality of two scalars is beyond the oracle that is given (the cheap one
in this process, the strong one in a worker). Symmetric wherever the question is; where it is not (gold asks for one
value, an answer with a label gives it), the rule is written down in the package's docstring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from tasks.reward.math import exact
from tasks.reward.math.kinds import (
    Answer,
    Collection,
    Equation,
    Matrix,
    Order,
    Piece,
    Region,
    Scalar,
    Words,
    is_label,
    node_of,
    pair_region,
)
from tasks.reward.math.normalise import key
from tasks.reward.math.oracle import Oracle, Truth, both, either
from tasks.reward.math.tree import PI, Node, Num, Op, add, has, mul, negative, symbols
from tasks.reward.math.words import words


def scalars(gold: Scalar, given: Scalar, oracle: Oracle) -> Truth:
    """Values, percent signs and units."""
    if gold.node is None or given.node is None:
        if gold.unit and given.unit and gold.unit != given.unit:
            return False
        if gold.percent != given.percent:
            return False
        based = [re.fullmatch(r"[0-9A-Z]+_\d+", s.text) for s in (gold, given)]
        if any(based):
            return all(based) and gold.text == given.text
        return oracle.opaque(gold.text, given.text)
    if gold.unit is None and given.unit is not None and given.unit.foreign_currency:
        return False
    if gold.percent != given.percent:
        return _percent(gold.node, given.node, gold.percent, oracle)
    return _with_units(gold, given, oracle)


def _percent(gold: Node, given: Node, gold_has_sign: bool, oracle: Oracle) -> Truth:
    """50% is 0.5; and 50, where the bare number is above 1 (0.5% is neither 0.5 nor 50%)."""
    hundredth = Num(Fraction(1, 100))
    exact_value = (
        oracle.equal(mul(gold, hundredth), given) if gold_has_sign else oracle.equal(gold, mul(given, hundredth))
    )
    bare = exact.rational(given if gold_has_sign else gold)
    return either(exact_value, oracle.equal(gold, given) if bare is not None and abs(bare) > 1 else False)


def _with_units(gold: Scalar, given: Scalar, oracle: Oracle) -> Truth:
    a, b, one, two = gold.node, given.node, gold.unit, given.unit
    assert a is not None, gold
    assert b is not None, given
    half_turn = mul(PI, Num(Fraction(1, 180)))
    kinds = {u.dimension if u else None for u in (one, two)}
    if kinds == {"angle", "radian"} or kinds == {"angle", None}:
        left = mul(a, half_turn) if one and one.dimension == "angle" else a
        right = mul(b, half_turn) if two and two.dimension == "angle" else b
        as_radians = oracle.equal(left, right) if has(a, "pi") or has(b, "pi") or None not in kinds else False
        return either(oracle.equal(a, b), as_radians) if None in kinds else as_radians
    if one and two and one.known and two.known and one != two:
        if one.dimension != two.dimension:
            return False
        return oracle.equal(mul(a, Num(one.size)), mul(b, Num(two.size)))
    return oracle.equal(a, b)


def matching(gold: Sequence[Answer], given: Sequence[Answer], oracle: Oracle, distinct: bool) -> Truth:
    """Whether members pair up in any order; sets first lose repetitions."""
    if max(len(gold), len(given)) > 60:
        return in_order(gold, given, oracle)
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
    if len(gold) != len(given):
        return False
    if _assignment(table, lambda v: v is True):
        return True
    return None if _assignment(table, lambda v: v is not False) else False


def _assignment(table: Sequence[Sequence[Truth]], fits: Callable[[Truth], bool]) -> bool:
    """Whether rows and columns can be paired so that every pair fits (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, value in enumerate(table[row]):
            if fits(value) and column not in seen:
                seen.add(column)
                if column not in taken or place(taken[column], seen):
                    taken[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(table)))


def in_order(gold: Sequence[Answer], given: Sequence[Answer], oracle: Oracle) -> Truth:
    if len(gold) != len(given):
        return False
    return both(*(compare(g, a, oracle) for g, a in zip(gold, given, strict=True)))


def _labelled(items: Sequence[Answer]) -> list[tuple[str, Answer]] | None:
    """(label, value) of each member, where every member is a labelled equation."""
    pairs = []
    for item in items:
        if not isinstance(item, Equation) or len(item.sides) != 2 or not is_label(item.texts[0]):
            return None
        pairs.append((re.sub(r"[\s{}]", "", item.texts[0]), item.sides[1]))
    return pairs


def _plain(collection: Collection) -> Collection:
    """Labels dropped: `x = 1, 2` and `x = 1 or x = 2` are the list 1, 2; `x = 1, y = 2` is the pair (1, 2)."""
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


def collections(gold: Collection, given: Collection, oracle: Oracle) -> Truth:
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
    gold, given = _plain(gold), _plain(given)
    kinds = (gold.kind, given.kind)
    if "clock" in kinds:
        if kinds == ("clock", "clock"):
            return in_order(
                gold.items[: len(given.items)], given.items[: len(gold.items)], oracle
            )  # a.m. and p.m. where both say
        gold, given = (Collection("ratio", c.items) if c.kind == "clock" else c for c in (gold, given))
        kinds = (gold.kind, given.kind)
    if "ratio" in kinds:
        return _ratios(gold.items, given.items, oracle) if kinds == ("ratio", "ratio") else False
    if kinds == ("tuple", "tuple") or kinds in (("list", "tuple"), ("tuple", "list")):
        return in_order(gold.items, given.items, oracle)
    if "tuple" in kinds:
        return False
    return matching(gold.items, given.items, oracle, distinct="set" in kinds)


def _ratios(gold: Sequence[Answer], given: Sequence[Answer], oracle: Oracle) -> Truth:
    if len(gold) != len(given):
        return False
    nodes = [[i.node for i in side if isinstance(i, Scalar) and i.node is not None] for side in (gold, given)]
    if any(len(n) != len(gold) for n in nodes) or any(exact.rational(n) == 0 for side in nodes for n in side):
        return in_order(gold, given, oracle)
    g, a = nodes
    return both(*(oracle.equal(mul(g[0], a[k]), mul(a[0], g[k])) for k in range(1, len(g))))


def regions(gold: Region, given: Region, oracle: Oracle) -> Truth:
    if gold.name and given.name and gold.name != given.name:
        return False
    g, a = _merged(gold.pieces), _merged(given.pieces)
    if len(g) != len(a):
        return False

    def same(p: Piece, q: Piece) -> Truth:
        return both(
            p.low_open == q.low_open,
            p.high_open == q.high_open,
            oracle.equal(p.low, q.low),
            oracle.equal(p.high, q.high),
        )

    table = [[same(p, q) for q in a] for p in g]
    if _assignment(table, lambda v: v is True):
        return True
    return None if _assignment(table, lambda v: v is not False) else False


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces with rational ends put in order and joined where they touch."""
    ends = {n: _end(n) for p in pieces for n in (p.low, p.high)}
    if any(v is None for v in ends.values()) or len(pieces) < 2:
        return list(pieces)
    value = {n: v for n, v in ends.items() if v is not None}
    merged: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (value[p.low], p.low_open)):
        last = merged[-1] if merged else None
        if last and (
            value[piece.low] < value[last.high]
            or (value[piece.low] == value[last.high] and not (piece.low_open and last.high_open))
        ):
            further = value[piece.high] > value[last.high] or (value[piece.high] == value[last.high] and last.high_open)
            high = piece if further else last
            merged[-1] = Piece(last.low, high.high, last.low_open, high.high_open)
        else:
            merged.append(piece)
    return merged


def _end(node: Node) -> tuple[int, Fraction] | None:
    """A sort key for an end of an interval: infinities around the rationals."""
    if has(node, "oo"):
        return (1 if node == Op("oo") else -1, Fraction(0))
    value = exact.rational(node)
    return None if value is None else (0, value)


def difference(equation: Equation) -> Node | None:
    """left - right of a two-sided equation of expressions."""
    if len(equation.texts) != 2:
        return None
    left, right = (node_of(t) for t in equation.texts)
    return None if left is None or right is None else add(left, negative(right))


def equations(gold: Equation, given: Equation, oracle: Oracle) -> Truth:
    one, two = difference(gold), difference(given)
    same_label = key(gold.texts[0]) == key(given.texts[0]) and is_label(gold.texts[0])
    by_value = compare(gold.sides[-1], given.sides[-1], oracle) if same_label else False
    if one is None or two is None:
        flat = [re.sub(r"\s", "", "=".join(e.texts)) for e in (gold, given)]
        return True if flat[0] == flat[1] else either(by_value, False) if same_label else False
    return either(by_value, oracle.multiple(one, two, False))


def value_of(equation: Equation, gold: Answer, oracle: Oracle) -> Answer | None:
    """The value that a labelled answer gives (`x = 5`, `a + b = 10`, `10 = x`, `2 + 3 = 5`), if it is one and not false."""
    nodes = [s.node if isinstance(s, Scalar) else None for s in equation.sides]
    values = [n for n in nodes if n is not None and not symbols(n)]
    if any(oracle.equal(values[0], v) is not True for v in values[1:]):
        return None
    last, first = equation.sides[-1], equation.sides[0]
    if not is_label(equation.texts[0]):
        if is_label(equation.texts[-1]) and (nodes[-1] is None or symbols(nodes[-1])):
            return first
        left = nodes[0]
        if left is None or (isinstance(gold, Scalar) and gold.node is not None and symbols(gold.node)):
            return None
        if exact.rational(values[-1]) == 0 if values else False:  # f(x) = 0 is an equation to solve, not the value 0
            return None if re.search(r"\d", equation.texts[0]) else last
    return last


def compare(gold: Answer, given: Answer, oracle: Oracle) -> Truth:
    """Whether `given` is the answer that `gold` asks for."""
    match gold, given:
        case Equation(), Equation():
            return equations(gold, given, oracle)
        case _, Equation():
            value = value_of(given, gold, oracle)
            return False if value is None else compare(gold, value, oracle)
        case Equation(), _:
            return compare(gold.sides[-1], given, oracle) if len(gold.sides) == 2 and is_label(gold.texts[0]) else False
        case Words(), Words():
            return words(gold.text, given.text)
        case Scalar(), Scalar():
            return scalars(gold, given, oracle)
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
        case Region(), Region():
            return regions(gold, given, oracle)
        case Order(), Order():
            return _orders(gold, given, oracle)
        case Region(), Collection():
            other = pair_region(given) or _points(given)
            return False if other is None else regions(gold, other, oracle)
        case Collection(), Region():
            pair = pair_region(gold) or _points(gold)
            return False if pair is None else regions(pair, given, oracle)
        case Collection(), Collection():
            return collections(gold, given, oracle)
        case (Collection(kind="ratio"), Scalar()) | (Scalar(), Collection(kind="ratio")):
            return _ratio_value(gold, given, oracle)
        case (Words(), Scalar()) | (Scalar(), Words()):
            one, two = (t.replace('"', "").strip().lower() for t in (_text(gold), _text(given)))
            return one == two and one.isalpha()
    return False


def _text(answer: Answer) -> str:
    return answer.text if isinstance(answer, Scalar | Words) else ""


def _points(collection: Collection) -> Region | None:
    """A finite set as a region, for unions."""
    nodes = [i.node for i in collection.items if isinstance(i, Scalar)]
    if collection.kind != "set" or len(nodes) != len(collection.items) or any(n is None for n in nodes):
        return None
    return Region(tuple(Piece(n, n, False, False) for n in nodes if n is not None))


def _ratio_value(gold: Answer, given: Answer, oracle: Oracle) -> Truth:
    ratio, value = (gold, given) if isinstance(gold, Collection) else (given, gold)
    assert isinstance(ratio, Collection), ratio
    assert isinstance(value, Scalar), value
    parts = [i.node for i in ratio.items if isinstance(i, Scalar) and i.node is not None]
    if len(parts) != 2 or len(ratio.items) != 2 or value.node is None or value.percent or exact.rational(parts[1]) == 0:
        return False
    return oracle.equal(parts[0], mul(value.node, parts[1]))


def _orders(gold: Order, given: Order, oracle: Oracle) -> Truth:
    def forward(order: Order) -> tuple[str, Node]:
        """As smaller `op` larger, and the difference larger - smaller."""
        if order.op in (">", "\\ge"):
            return {">": "<", "\\ge": "\\le"}[order.op], add(order.left, negative(order.right))
        return order.op, add(order.right, negative(order.left))

    (op1, one), (op2, two) = forward(gold), forward(given)
    return False if op1 != op2 else oracle.multiple(one, two, op1 != "\\ne")
