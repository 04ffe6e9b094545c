"""Whether an answer equals the gold answer: by kind, member by member, down to pairs of scalars.

Three-valued: True, False, or None where the equality of two scalars is beyond the oracle that is given (the cheap one
in this process, the strong one in a worker). Symmetric wherever the question is; where it is not (gold asks for one
value, an answer with a label gives it), the rule is written down in the package's docstring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tasks.reward.math import exact
from tasks.reward.math.answer import (
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
    read,
    usable,
)
from tasks.reward.math.normalise import key, tidy
from tasks.reward.math.tree import PI, Node, Num, Op, ParseError, TooLarge, add, has, mul, negative, symbols

Truth = bool | None
ROUNDED_PLACES = 6
"""Decimals from which a decimal literal may stand for an exact value that has no finite decimal expansion."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Equality of scalars: `equal` on trees; `opaque` on texts that our parser does not read; `multiple` on the two
    differences of equations (equal up to a non-zero factor; with `positive`, up to a positive one)."""

    equal: Callable[[Node, Node], Truth]
    opaque: Callable[[str, str], Truth]
    multiple: Callable[[Node, Node, bool], Truth]


def both(*values: Truth) -> Truth:
    """Three-valued "and"."""
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def either(*values: Truth) -> Truth:
    """Three-valued "or"."""
    if any(v is True for v in values):
        return True
    return None if any(v is None for v in values) else False


# -- the cheap oracle -------------------------------------------------------------------------------------------------
def is_rounding(literal: Node, value: Fraction | None) -> bool:
    """Whether a decimal literal of at least six places stands for a rational that has no finite expansion."""
    if not isinstance(literal, Num) or literal.places is None or literal.places < ROUNDED_PLACES or value is None:
        return False
    bottom = value.denominator
    for p in (2, 5):
        while bottom % p == 0:
            bottom //= p
    return bottom != 1 and close_enough(literal, value)


def close_enough(literal: Num, value: Fraction) -> bool:
    """Rounded or cut off at the last place written (at most the twelfth: floats print noise behind it), within half a

    unit of the sixth place, and of five significant digits (so that no tiny number stands for another).
    """
    assert literal.places is not None
    step = Fraction(1, 10 ** min(literal.places, 12))
    short = (abs(value) - abs(literal.value)) if value * literal.value > 0 else Fraction(1)
    near = -step / 2 <= short < step  # rounded, or cut off
    return near and abs(short) <= Fraction(1, 2 * 10**ROUNDED_PLACES) and abs(literal.value) * 10**literal.places >= 10**4


def infinite(a: Node, b: Node) -> Truth:
    """Equality where one side holds infinity: only signs count."""
    signs = [1 if n == Op("oo") else -1 if n == negative(Op("oo")) else 0 for n in (a, b)]
    return signs[0] == signs[1] != 0


def cheap_equal(a: Node, b: Node) -> Truth:
    if has(a, "oo") or has(b, "oo"):
        return infinite(a, b)
    same = exact.equal(a, b)
    if same is False and (is_rounding(a, exact.rational(b)) or is_rounding(b, exact.rational(a))):
        return True
    if same is False and any(isinstance(n, Num) and n.places is not None and n.places >= ROUNDED_PLACES for n in (a, b)):
        other = b if isinstance(a, Num) else a
        return False if exact.rational(other) is not None or symbols(other) else None
    return same


def cheap_opaque(a: str, b: str) -> Truth:
    return True if key(a) == key(b) else None


def cheap_multiple(a: Node, b: Node, positive: bool) -> Truth:
    try:
        left, right = exact.exact(a), exact.exact(b)
    except (exact.Undecided, TooLarge):
        return None
    if not left or not right:
        return False  # 0 = 0 says nothing
    if set(left) != set(right):
        return (
            None
            if any(not atom.isalnum() for form in (left, right) for m in form for atom, _ in m) or _fractional(left) or _fractional(right)
            else False
        )
    ratios = {left[m] / right[m] for m in left}
    return len(ratios) == 1 and (not positive or min(ratios) > 0)


def _fractional(form: exact.Form) -> bool:
    return any(exponent < 0 or exponent.denominator != 1 for m in form for _, exponent in m) or not any(not m for m in form)


CHEAP = Oracle(cheap_equal, cheap_opaque, cheap_multiple)


# -- scalars ----------------------------------------------------------------------------------------------------------
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
    exact_value = oracle.equal(mul(gold, hundredth), given) if gold_has_sign else oracle.equal(gold, mul(given, hundredth))
    bare = exact.rational(given if gold_has_sign else gold)
    return either(exact_value, oracle.equal(gold, given) if bare is not None and abs(bare) > 1 else False)


def _with_units(gold: Scalar, given: Scalar, oracle: Oracle) -> Truth:
    a, b, one, two = gold.node, given.node, gold.unit, given.unit
    assert a is not None and b is not None
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


# -- collections ------------------------------------------------------------------------------------------------------
def matching(gold: Sequence[Answer], given: Sequence[Answer], oracle: Oracle, distinct: bool) -> Truth:
    """Whether members pair up in any order; sets first lose repetitions."""
    if max(len(gold), len(given)) > 60:
        return in_order(gold, given, oracle)
    table = [[compare(g, a, oracle) for a in given] for g in gold]
    if distinct:
        rows, columns = [any(v is True for v in row) for row in table], [any(row[c] is True for row in table) for c in range(len(given))]
        if all(rows) and all(columns):
            return True
        if any(all(v is False for v in row) for row in table) or any(all(row[c] is False for row in table) for c in range(len(given))):
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
            return in_order(gold.items[: len(given.items)], given.items[: len(gold.items)], oracle)  # a.m. and p.m. where both say
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


# -- regions, equations -----------------------------------------------------------------------------------------------
def regions(gold: Region, given: Region, oracle: Oracle) -> Truth:
    if gold.name and given.name and gold.name != given.name:
        return False
    g, a = _merged(gold.pieces), _merged(given.pieces)
    if len(g) != len(a):
        return False

    def same(p: Piece, q: Piece) -> Truth:
        return both(p.low_open == q.low_open, p.high_open == q.high_open, oracle.equal(p.low, q.low), oracle.equal(p.high, q.high))

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
            value[piece.low] < value[last.high] or (value[piece.low] == value[last.high] and not (piece.low_open and last.high_open))
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
            return both(*(compare(g, a, oracle) for r, s in zip(gold.rows, given.rows, strict=True) for g, a in zip(r, s, strict=True)))
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
    assert isinstance(ratio, Collection) and isinstance(value, Scalar)
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


# -- words ------------------------------------------------------------------------------------------------------------
def plain_words(text: str) -> str:
    """Lower case, no article in front, no punctuation at the ends, single spaces."""
    text = re.sub(r"[\s\"$~]+", " ", text.lower()).strip(" .,;:!()")
    return re.sub(r"^(?:the|an?) (?=\w)", "", text)


def words(gold: str, given: str) -> bool:
    one, two = plain_words(gold), plain_words(given)
    if one == two:
        return one not in ("", "nan")
    return one in ("yes", "no", "true", "false") and re.match(re.escape(one) + r"\s*[,.;:]", two) is not None and not _hedged(two)


def _hedged(text: str) -> bool:
    return re.search(r"\b(?:or|and|but|not|yes|no|true|false)\b", re.sub(r"^\w+", "", text)) is not None


def choice_letter(text: str) -> str | None:
    """The letter of a multiple-choice answer: B, (B), B., "Option B", "D. 5"; None for anything else.

    Lower-case letters count but for e and i, which are numbers.
    """
    plain = re.sub(r"[\"{}$*\s]+", " ", text).strip()
    match = re.fullmatch(
        r"(?:(?:the )?(?:correct )?(?:option|choice|answer)(?: is)?\s*:?\s*)?(?:\(([A-Ja-j])\)|([A-Ja-j])\s*[.:)]|([A-Ja-j]))(?P<rest>.*)",
        plain,
        re.IGNORECASE | re.DOTALL,
    )
    if match is None:
        return None
    letter, rest = next(g for g in match.groups()[:3] if g), match.group("rest").strip()
    if match.group(3) and rest:
        return None
    if re.search(r"(?:^|\W)(?:or|and)\W|\([A-J]\)|^[,/&]|(?:^|\s)[A-J][.):]", rest):
        return None
    return None if letter in "ei" and letter.islower() else letter.upper()


# -- whole answers ----------------------------------------------------------------------------------------------------
_RESIDUE = re.compile(r"\s*(?:\\pmod\s*\{?\s*(\w+)\s*\}?|\(?\s*\\(?:bmod|mod)\s*\{?\s*(\w+)\s*\}?\s*\)?|\(\s*\"?mod\"?\s*(\w+)\s*\))$")
_DOMAIN = re.compile(
    r'^(.*?),?\s*(?:"?(?:where|for|with|for all|for any)"?\s*)?\(?\s*\b([a-zA-Z])\s*\\in\s*(\\mathbb\s*\{?[A-Z]\}?(?:\^\{?[+*]\}?|_\{[^{}]*\})?)\)?$',
    re.DOTALL,
)


def texts(gold: str, given: str, oracle: Oracle) -> Truth:
    """Whether the tidy text `given` answers the tidy text `gold`. ParseError if `given` (or gold) is no answer at all."""
    letter = re.fullmatch(r'"?\s*\(?([A-J])\)?\s*\.?\s*"?', gold)
    if letter and (found := choice_letter(given)) is not None:
        return found == letter.group(1)
    if key(gold) == key(given):
        usable(given)
        return True
    if re.fullmatch(r"-?\d+,\d+", given) and re.fullmatch(r"-?\d*\.\d+", gold):  # a decimal comma, where a decimal is wanted
        given = given.replace(",", ".")
    about = split_about(given)
    if about:
        return _approximation(gold, *about, oracle)
    residue = _RESIDUE.search(given)
    if residue:
        gold, given = (re.sub(r"^\\?[A-Za-z]\s*\\equiv(?![A-Za-z])", "", t) for t in (gold, given))
        own = _RESIDUE.search(gold)
        if own and own.groups() != residue.groups():
            return False
        return texts(_RESIDUE.sub("", gold), _RESIDUE.sub("", given), oracle)
    family = [_DOMAIN.match(t) for t in (gold, given)]
    if family[0] and family[1] and family[0].group(1).strip() and family[1].group(1).strip():
        return _families(family[0], family[1], oracle)
    return compare(read(gold), read(given), oracle)


def split_about(text: str) -> tuple[str, str] | None:
    parts = re.split(r"\\(?:approx|simeq|thickapprox|doteq)(?![A-Za-z])", text)
    return (parts[0].strip(), parts[1].strip()) if len(parts) == 2 and all(p.strip() for p in parts) else None


def _approximation(gold: str, first: str, second: str, oracle: Oracle) -> Truth:
    """`exact \\approx decimal`: the exact value counts; the decimal too, where it is the exact value's rounding."""
    by_first = texts(gold, first, oracle)
    if by_first is True:
        return True
    if is_label(first):  # "x \\approx 5" gives 5
        return either(by_first, texts(gold, second, oracle))
    value, literal = read(first), read(second)
    value = value.sides[-1] if isinstance(value, Equation) else value
    if not (isinstance(value, Scalar) and isinstance(literal, Scalar) and isinstance(literal.node, Num) and value.node is not None):
        return by_first
    if texts(gold, second, oracle) is not True:
        return by_first
    return either(by_first, oracle.equal(Op("rounded", (value.node, Num(Fraction(literal.node.places or 0)))), literal.node))


def _families(gold: re.Match[str], given: re.Match[str], oracle: Oracle) -> Truth:
    """`2k, k in Z` and `2n, n in Z`: the name of the bound variable does not matter."""
    body, name = given.group(1).strip(" ,"), given.group(2)
    if key(gold.group(3)) != key(given.group(3)):
        return False
    if name != gold.group(2):
        if re.search(rf"(?<![A-Za-z\\]){gold.group(2)}(?![A-Za-z])", body):
            return False
        body = re.sub(rf"(?<![A-Za-z\\]){name}(?![A-Za-z])", gold.group(2), body)
    return texts(gold.group(1).strip(" ,"), body, oracle)


def judge_texts(gold: str, given: str, oracle: Oracle) -> Truth:
    """`texts` on raw LaTeX; False where `given` cannot be read as an answer."""
    try:
        return texts(tidy(gold), tidy(given), oracle)
    except (ParseError, RecursionError):
        return False
