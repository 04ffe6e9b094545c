"""Ragged arrays against plain lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ragged import Ragged, concatenated, spans
from tasks.table import lists_of, ragged_of

pytestmark = pytest.mark.quick

LISTS = st.lists(st.lists(st.integers(0, 99), max_size=5), max_size=6)


def lists(ragged: Ragged) -> list[list[int]]:
    return [part.tolist() for part in ragged]


@given(LISTS)
def test_parts_are_what_they_were_made_of(parts: list[list[int]]) -> None:
    made = Ragged.of(parts, np.int32)
    assert lists(made) == parts == [made[i].tolist() for i in range(len(made))]
    assert made.lengths.tolist() == [len(part) for part in parts]
    assert made.owners.tolist() == [i for i, part in enumerate(parts) for _ in part]
    assert made.values.dtype == np.int32


@given(LISTS.filter(bool), st.data())
def test_some_parts_in_another_order(parts: list[list[int]], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(parts) - 1), max_size=8))
    assert lists(Ragged.of(parts, np.int32).take(chosen)) == [parts[i] for i in chosen]


@given(st.lists(LISTS, min_size=1, max_size=3))
def test_several_one_after_the_other(many: list[list[list[int]]]) -> None:
    whole = concatenated(Ragged.of(parts, np.int32) for parts in many)
    assert lists(whole) == [part for parts in many for part in parts]


@given(LISTS, st.integers(0, 6), st.integers(0, 6))
def test_arrow_and_back(parts: list[list[int]], first: int, last: int) -> None:
    array = lists_of(Ragged.of(parts, np.int32), pa.int32())
    assert array.equals(pa.array(parts, pa.list_(pa.int32())))
    one = pa.chunked_array([array[first:last]], array.type)
    assert lists(ragged_of(one)) == parts[first:last]  # a slice has offsets that begin later
    assert lists(ragged_of(pa.chunked_array([array[:first], array[first:]], array.type))) == parts


def test_spans_and_places_that_do_not_exist() -> None:
    assert spans(np.array([5, 0]), np.array([2, 3])).tolist() == [5, 6, 0, 1, 2]
    made = Ragged.of([[1], [2, 3]], np.int32)
    assert made[-1].tolist() == [2, 3]
    with pytest.raises(IndexError):
        made[2]
