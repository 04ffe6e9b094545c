"""Encoded problems as Parquet: lossless, deterministic bytes, strangers refused."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data.table import from_bytes, to_bytes
from tasks.errors import DataError
from tasks.records import EncodedProblem, Message, Problem

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
IDS = st.lists(st.integers(0, 2**31 - 1), max_size=5).map(tuple)
PROBLEMS = st.builds(
    Problem,
    id=TEXT,
    prompt=st.lists(st.builds(Message, role=TEXT, content=TEXT), max_size=3).map(tuple),
    verifier=TEXT,
    reference=st.dictionaries(TEXT, JSON, max_size=3),
    solutions=st.none() | st.integers(0, 2**40),
)
ROWS = st.lists(st.builds(EncodedProblem, problem=PROBLEMS, prompt_ids=IDS, content=IDS), max_size=5)


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_round_trip_and_equal_bytes_for_equal_rows(rows):
    payload = to_bytes(rows)
    again = from_bytes(payload, "rows")
    assert again == rows
    assert to_bytes(again) == payload


def test_strangers_are_refused():
    with pytest.raises(DataError, match="data/x: not a Parquet table"):
        from_bytes(b"PAR1", "data/x")
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), sink)
    with pytest.raises(DataError, match=r"data/x: columns \['a'\] are not those"):
        from_bytes(sink.getvalue(), "data/x")
