"""Plain values as lines: round trips, refused values, digests."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import compare
from sandbox.inside import digest, values

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(1 << 2100), 1 << 2100)
    | st.floats()
    | st.complex_numbers()
    | st.binary()
    | st.text(st.characters(exclude_categories=()))
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.builds(range, st.integers(), st.integers(), st.integers(1))
    | st.sampled_from([int, str, dict])
)
hashables = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4), max_leaves=8
)
plain = st.recursive(
    scalars | st.binary().map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(hashables, inner, max_size=5)
        | st.sets(hashables, max_size=5)
        | st.dictionaries(hashables, inner, max_size=4).map(OrderedDict)
        | st.dictionaries(hashables, inner, max_size=4).map(lambda d: defaultdict(list, d))
        | st.lists(hashables, max_size=5).map(Counter)
        | st.lists(inner, max_size=5).map(lambda items: deque(items, 7))
    ),
    max_leaves=10,
)

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def shape(x: Any) -> Any:
    """Return a value with all its types, in a form where NaN equals NaN, -0.0 is not 0.0, and a dict has an order."""
    if isinstance(x, dict):
        return type(x), getattr(x, "default_factory", None), [(shape(k), shape(v)) for k, v in x.items()]
    if isinstance(x, set | frozenset):
        return type(x), sorted((shape(item) for item in x), key=repr)
    if isinstance(x, list | tuple | deque):
        return type(x), getattr(x, "maxlen", None), [shape(item) for item in x]
    return type(x), repr(hex(x) if type(x) is int else x)


@FEW
@given(plain)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    line = values.dumps(value)
    assert line.isascii() and "\n" not in line
    assert shape(values.loads(line)) == shape(value)
    assert values.dumps(values.loads(line)) == line


@FEW
@given(plain, plain)
def test_comparing_lines_is_comparing_values(a: Any, b: Any) -> None:
    for got, want in ((a, b), (a, a)):
        try:
            same = compare.value(values.dumps(got).encode(), values.dumps(want).encode()) is None
        except compare.BoolForNumber:
            continue
        rebuilt = values.loads(values.dumps(got))  # a NaN equals itself where it is the same object
        if not any(isinstance(x, range) for x in (got, want)):
            assert same == (rebuilt == values.loads(values.dumps(want))), (got, want)


@FEW
@given(plain)
def test_a_digest_tells_what_is_equal(value: Any) -> None:
    if "nan" in values.dumps(value):
        return
    assert digest.digest(value) == digest.digest(values.loads(values.dumps(value)))


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ([1, 2, 3], [1.0, 2, 3.0], True),
        ([-1, 2], [-2, 2], False),
        ([0.0, 1], [-0.0, 1], True),
        ([1, 2], (1, 2), False),
        ({1: 2, 3: [4]}, {3: [4.0], 1: 2}, True),
        ({1, 2}, frozenset([2, 1.0]), True),
        ([1 << 60], [float(1 << 60)], True),
        (["a", "b"], ["ab", ""], False),
        ([["a"], []], [[], ["a"]], False),
        ([math.nan], [math.nan], False),
        ([1, [math.inf]], [1.0, [math.inf]], True),
    ],
)
def test_digests_go_by_value(a: Any, b: Any, equal: bool) -> None:
    first, second = (values.parse(digest.digest(x)) for x in (a, b))
    assert (compare.digest(first, second) is None) == equal


def test_a_bool_in_a_large_value_is_no_number_but_a_number_may_be_a_bool() -> None:
    bools, numbers, others = (
        values.parse(digest.digest(x)) for x in ([True, 2, [False]], [1, 2, [0]], [1, 2, [False]])
    )
    assert compare.digest(numbers, bools) is None
    assert compare.digest(bools, bools) is None
    for got, want in ((bools, numbers), (bools, others)):
        with pytest.raises(compare.BoolForNumber):
            compare.digest(got, want)


class LyingInt(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class LyingStr(str):
    pass


class LyingList(list):  # type: ignore[type-arg]
    pass


class Pretender:
    __class__ = int  # type: ignore[assignment]
    __module__ = "numpy"


@pytest.mark.parametrize(
    "value",
    [LyingInt(3), LyingStr("a"), LyingList([1]), Pretender(), object(), lambda: 0, type("C", (), {}), Counter, ...],
    ids=lambda value: type(value).__name__,  # by default the id holds an address, which differs between workers
)
def test_what_is_not_exactly_a_plain_value_is_refused(value: Any) -> None:
    for wrapped in (value, [value], {"k": (value,)}, deque([value])):
        with pytest.raises(values.Unencodable):
            values.dumps(wrapped)


def test_cycles_depth_and_size_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_WEIGHT", 10_000)
    cycle: list[Any] = []
    cycle += [cycle, cycle]
    deep: list[Any] = []
    for _ in range(values.MAX_DEPTH + 1):
        deep = [deep]
    for value in (cycle, deep, "x" * (values.MAX_WEIGHT + 1), [0] * (values.MAX_WEIGHT + 1)):
        with pytest.raises(values.Unencodable):
            values.dumps(value)
    with pytest.raises(values.Unencodable):
        digest.digest(cycle)


def test_a_huge_int_is_never_written_in_decimal() -> None:
    """Handle an int of 600,000 digits; its conversion to decimal takes quadratic time, and Python refuses it."""
    huge = 10**600_000
    with pytest.raises(ValueError, match="Exceeds the limit"):
        str(huge)
    assert values.loads(values.dumps(huge)) == huge
    assert compare.value(values.dumps(huge + 1).encode(), values.dumps(huge).encode()) is not None
    digest.digest([huge])


def test_numpy() -> None:
    assert values.loads(values.dumps([numpy.float64(1.5), numpy.int32(3), numpy.bool_(True), numpy.str_("a")])) == [
        1.5,
        3,
        True,
        "a",
    ]
    array = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
    back = values.loads(values.dumps(array))
    assert back.dtype == array.dtype and (back == array).all()
    assert values.loads(values.dumps(numpy.zeros((2, 0)))).shape == (2, 0)
    for value in (numpy.array([object()]), numpy.longdouble(1), numpy.datetime64("2020")):
        with pytest.raises(values.Unencodable):
            values.dumps(value)


def test_iterators_are_what_they_give_and_equal_nothing() -> None:
    line = values.dumps([x * x for x in range(3)].__iter__())
    assert list(values.loads(line)) == [0, 1, 4]
    assert compare.value(values.dumps(x for x in [1]).encode(), values.dumps([1]).encode()) is not None
    with pytest.raises(values.Unencodable):
        values.dumps(iter(lambda: 1, 2))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[",
        "[" * 100_000,
        '{"t":3}',
        '{"zz":1}',
        '{"t":[],"s":[]}',
        '{"i":"g"}',
        '{"F":[1,0]}',
        '{"M":"x"}',
        "9" * 5000,
        '{"d":[1]}',
    ],
)
def test_lines_that_nobody_writes_are_malformed(line: str) -> None:
    with pytest.raises(values.Malformed):
        values.loads(line)


def test_fractions_and_decimals() -> None:
    assert values.loads(values.dumps([Fraction(1, 3), Decimal("1.50")])) == [Fraction(1, 3), Decimal("1.50")]
