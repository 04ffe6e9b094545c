"""Comparison of honest, sloppy and hostile outputs with expected ones."""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter, defaultdict
from typing import Any

import pytest

from sandbox import compare
from sandbox.inside import values


@pytest.mark.parametrize(
    ("output", "expected", "right"),
    [
        (b"1\n2\n", "1\n2", True),
        (b"1 \r\n2\t\n\n \n", "1\n2\n", True),
        (b"1\n2\n3", "1\n2", False),
        (b"1", "1\n2", False),
        (b"", "1", False),
        (b"", "", True),
        (b" \n", "", True),
        (b"1", "\n1\n", True),
        (b"\n \n 1", " 1", True),
        (b"\n 1", "1", False),
        (b"1\n\n2", "1\n2", False),
        (b" 1", "1", False),
        (b"1  2", "1 2", False),
        (b"1.0", "1", False),
        (b"\xff\xfe\x00", "a", False),
        ("é".encode(), "é", True),
        (b"\x1b[31m1\x1b[0m", "1", False),
        (b"yes", "YES", False),
    ],
)
def test_text(output: bytes, expected: str, right: bool) -> None:
    assert (compare.text(output, expected) is None) == right


@pytest.mark.parametrize(
    ("output", "expected", "right"),
    [
        (b"0.3333333", "0.33333333", True),
        (b"1e9", "1000000000.0", True),
        (b"x 2.0", "x 2", True),
        (b"1000000001", "1000000000", False),
        (b"1.1", "1.0", False),
        (b"nan", "1.0", False),
        (b"inf", "1e400", False),
        (b"1_0.0", "10", False),
        (b"1.0 2.0", "1.0", False),
        (b"1.0\n", "1.0 2.0", False),
        (b"9" * 100_000, "1.0", False),
    ],
)
def test_text_with_a_tolerance(output: bytes, expected: str, right: bool) -> None:
    assert (compare.text(output, expected, 1e-6) is None) == right


@pytest.mark.parametrize(
    ("output", "expected", "right"),
    [
        (b"2.000", "2.0", True),
        (b"2", "2.0", True),
        (b"0.50", "0.5", True),
        (b".5", "0.5", True),
        (b"1e-05", "0.00001", True),
        (b"1e+18", "1000000000000000000.0", True),
        (b"-0.0", "0.0", True),
        (b"1.5 2.50 x", "1.50 2.5 x", True),
        (b"a\n3.0\n", "a\n3.00", True),
        (b"1.4142135623730951", "1.41421356237309504880", True),  # the double nearest to it
        (b"0.1", "0.10000000000000000555", False),  # too short to be a double that was meant to be exact
        (b"1.0", "1", False),  # an integer is written in one way
        (b"1e3", "1000", False),
        (b"12E4", "12e4", False),  # an integer in base 16, perhaps
        (b"120000", "12e4", False),
        (b"0.00001", "1e-05", True),
        (b"2.01", "2.0", False),
        (b"2.0000000001", "2.0", False),
        (b"-2.0", "2.0", False),
        (b"20", "2.0", False),
        (b"2.0 ", "2.0  3.0", False),
        (b"1.5  2.5", "1.50 2.5", False),  # the space between must be the same
        (b"2,0", "2.0", False),
        (b"2.0.0", "2.0", False),
        (b"1_0.0", "10.0", False),
        (b"nan", "nan.0", False),
        (b"inf", "1e400", False),
        (b"1.4142135623730950", "1.41421356237309504880", False),
        (b"1.4142135", "1.41421356237309504880", False),
        (b"3.141592653589793", "3.14159265358979323846264338327950288", False),  # digits that were asked for
        (b"1" * 70 + b".0", "1" * 70 + ".00", False),
    ],
)
def test_a_decimal_may_be_written_otherwise(output: bytes, expected: str, right: bool) -> None:
    assert (compare.text(output, expected) is None) == right


def same(got: Any, want: Any, **rules: Any) -> bool:
    return compare.value(values.dumps(got).encode(), values.dumps(want).encode(), **rules) is None


@pytest.mark.parametrize(
    ("got", "want", "equal"),
    [
        (1, 1.0, True),
        (1.0, 1, True),
        (1, True, True),
        (0.0, False, True),
        (2, True, False),
        ([1, [0]], [True, [False]], True),
        ("1", 1, False),
        (None, 0, False),
        (None, None, True),
        ((1, 2), [1, 2], False),
        ({2, 1.0}, frozenset({1, 2}), True),
        ({1: 2, "a": [3]}, {"a": [3.0], 1.0: 2}, True),
        ({1: 2}, {1: 3}, False),
        ({1: 2, 2: 3}, {1: 2}, False),
        (float("nan"), float("nan"), False),
        ([float("inf")], [float("inf")], True),
        (10**400, 1e300, False),
        (1 + 0j, 1, True),
        (b"a", bytearray(b"a"), True),
        (b"a", "a", False),
        (range(0, 3, 2), range(0, 4, 2), True),
        (range(3), [0, 1, 2], False),
        ("\ud83d\ude00", "😀", False),
    ],
)
def test_values(got: Any, want: Any, equal: bool) -> None:
    assert same(got, want) == equal


@pytest.mark.parametrize(
    ("got", "want"),
    [(True, 1), ([1, [True]], [1, [1]]), ({"a": False}, {"a": 0}), ((True,), (1.0,)), ({True: 1}, {1: 1})],
)
def test_a_bool_is_no_number(got: Any, want: Any) -> None:
    with pytest.raises(compare.BoolForNumber):
        same(got, want)


def test_tuples_and_tolerance_where_they_are_wanted() -> None:
    assert same([(1, 2), (3,)], [[1, 2], [3]], from_json=True)
    assert not same([[1]], [(1,)], from_json=True)
    assert same([0.1 + 0.2], [0.3], tolerance=1e-9) and not same([0.1 + 0.2], [0.3])
    assert not same([10**400], [0.3], tolerance=1e-9)


@pytest.mark.parametrize(
    ("got", "want", "equal"),
    [
        ({1: 2, 2: 1}, {"1": 2, "2": 1}, True),
        ({"1": 2}, {"1": 2}, True),
        ({"a": {1: 2}}, {"a": {"1": 2}}, True),
        ([{-1: [2]}], [{"-1": [2.0]}], True),
        ({0.5: 1}, {"0.5": 1}, True),
        ({True: 1, False: 0}, {"true": 1, "false": 0}, True),
        ({None: 1}, {"null": 1}, True),
        (Counter([1, 1]), {"1": 2}, True),
        (defaultdict(list, {3: [1]}), {"3": [1]}, True),
        ({10**30: 1}, {str(10**30): 1}, True),
        ({}, {}, True),
        ({1: 2}, {"1": 3}, False),
        ({1: 2}, {"2": 2}, False),
        ({1: 2}, {"01": 2}, False),
        ({1: 2}, {"1.0": 2}, False),
        ({1.0: 2}, {"1": 2}, False),
        ({True: 2}, {"1": 2}, False),
        ({1: 2, "2": 1}, {"1": 2, "2": 1}, False),  # no program that follows a statement mixes them
        ({1: 2, "1": 2}, {"1": 2}, False),
        ({(1,): 2}, {"(1,)": 2}, False),
        ({"1": 2}, {"1": 2, "2": 1}, False),
        ([1, 2], {"0": 1, "1": 2}, False),
        ({1}, {"1": None}, False),
        ({float("inf"): 1}, {"Infinity": 1}, False),
        ({10**5000: 1}, {"1": 1}, False),
    ],
)
def test_keys_that_json_could_only_write_as_text(got: Any, want: Any, equal: bool) -> None:
    assert same(got, want, from_json=True) == equal
    assert not same(got, want) or got == want  # elsewhere a key is what it is


HOSTILE = [
    b"",
    b"[" * 500_000,
    b'{"s":[1,1]}',
    b'{"s":3}',
    b'{"d":[[1]]}',
    b'{"d":[[[],1]]}',
    b'{"F":[1,0]}',
    b'{"M":"1e999999999"}',
    b'{"M":"x"}',
    b'{"c":["a",1]}',
    b'{"i":5}',
    b'{"i":"0x' + b"f" * 1_000_000 + b'"}',
    b'{"q":null}',
    b'{"r":[1,2,0]}',
    b"{}",
    b'{"a":1,"b":2}',
    b"\xff",
    b"9" * 5000,
    b"[" + b"[]," * 3_000_000 + b"[]]",
    b'{"t":' * 900 + b"1" + b"}" * 900,
    b'{"D":[]}',
    b'{"C":[[1,{"d":[]}]]}',
]
WANTED = [[1, 2], {1}, {(1,): 2}, 1, 1.5, True, "a", None, range(3), 2 + 1j, (1, 2)]


@pytest.mark.parametrize("got", HOSTILE, ids=range(len(HOSTILE)))
def test_forged_values_are_wrong_and_cost_little(got: bytes) -> None:
    start = time.process_time()
    for want in WANTED:
        assert compare.value(got, values.dumps(want).encode()) is not None
    assert time.process_time() - start < 5  # CPU seconds; 0.005 on two cores


def test_hashes_that_collide_cost_nothing() -> None:
    """Compare a set of ints with one hash, which takes quadratic time to build (20 CPU seconds): it is not built."""
    count = 40_000
    line = b'{"s":[' + b",".join(b"%d" % (k * ((1 << 61) - 1)) for k in range(count)) + b"]}"
    want = values.dumps(set(range(10**9, 10**9 + count))).encode()
    start = time.process_time()
    assert compare.value(line, want) is not None
    assert time.process_time() - start < 5  # CPU seconds; 0.1 on two cores


@pytest.mark.parametrize(
    "output", [b"\n" * (16 << 20), b"a " * (8 << 20), b"1" * (16 << 20)], ids=["lines", "words", "1"]
)
def test_a_large_output_is_not_split(output: bytes) -> None:
    """Refuse an output of 16 MiB by its size: its lines or words would take half a gigabyte."""
    tracemalloc.start()
    try:
        assert compare.text(output + b"x", "1\n2", 1e-6) is not None
        assert compare.tokens(output, "1 2", 1e-6) is not None
        assert tracemalloc.get_traced_memory()[1] < 128 << 20
    finally:
        tracemalloc.stop()
