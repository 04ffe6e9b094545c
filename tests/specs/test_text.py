from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from specs.errors import SpecError
from specs.text import parse_document, parse_value
from tests.one_line import one_line


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("1E6", 1e6),
        ("1.0e-6", 1e-6),
        (".5", 0.5),
        ("-3", -3),
        ("0", 0),
        ("017", "017"),  # YAML 1.1 reads 15
        ("1:30", "1:30"),  # YAML 1.1 reads 90
        ("off", "off"),  # YAML 1.1 reads false
        ("none", "none"),
        ("yes", "yes"),
        ("true", True),
        ("null", None),
        ("", None),
        ("'3'", "3"),
        ("2026-01-01", "2026-01-01"),  # YAML 1.1 reads a date
        ("[1, 2e-1]", [1, 0.2]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_values_are_read_by_the_core_schema(text: str, value: Any) -> None:
    got = parse_value(text, "here")
    assert got == value
    assert type(got) is type(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_that_python_prints_is_that_number(number: float) -> None:
    got = parse_value(repr(number), "here")
    assert isinstance(got, float)
    assert got == number
    assert math.copysign(1, got) == math.copysign(1, number)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("abc :#-'\"\n{}[],é")
)
NESTED = st.recursive(
    SCALARS, lambda inner: st.dictionaries(st.text("abcxyz_", min_size=1), inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(st.text("abcxyz_", min_size=1), NESTED, min_size=1, max_size=4))
def test_what_yaml_writes_is_read_back_with_a_line_for_every_key(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, sort_keys=False)
    document = parse_document(text, "here")
    assert document.value == value
    for path, line in document.lines.items():
        assert path[-1] in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.yaml: is empty"),
        ("# only a comment\n", "x.yaml: is empty"),
        ("- a\n", "x.yaml:1: want a mapping"),
        ("a: 1\nb: [1\nc: 2\n", "x.yaml:3: not YAML"),
        ("a: 1\n\tb: 2\n", "x.yaml:2: not YAML"),
        ("a: 1\nb: {c: 2}\na: 3\n", "x.yaml:3: a is there twice, first on line 1"),
        ("b:\n  c: 2\n  d: 1\n  c: 2\n", "x.yaml:4: b.c is there twice, first on line 2"),
        ("1: 2\n", "x.yaml:1: a key must be text"),
        ("a: &x 1\nb: *x\n", "x.yaml:2: not YAML: aliases"),
        ("a: !!python/name:os.system x\n", "x.yaml:1: not YAML"),
        ("a: \x00\n", "x.yaml: not YAML"),
    ],
)
def test_bad_text_gives_one_line_with_the_place(text: str, message: str) -> None:
    with one_line(SpecError, f"^{message}"):
        parse_document(text, "x.yaml")
