from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import DataError
from tasks.records import FinishReason, Rollout
from tasks.rollout.table import read_rollouts, write_rollouts

tokens = st.lists(st.integers(0, 200_000), max_size=6).map(tuple)
rollouts = st.builds(
    Rollout,
    problem_id=st.text(max_size=8),
    sample=st.integers(0, 1000),
    prompt_ids=tokens,
    response_ids=tokens,
    logprobs=st.lists(st.floats(-50, 0, width=32), max_size=6).map(tuple),
    finish_reason=st.sampled_from(FinishReason),
    lineage=st.text(max_size=8),
    seed=st.integers(0, 2**63 - 1),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(rollouts, max_size=5))
def test_what_is_written_is_read_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, rows: list[Rollout]) -> None:
    path = tmp_path_factory.mktemp("table") / "rollouts.parquet"
    write_rollouts(path, rows)
    assert read_rollouts(path) == rows
    first = path.read_bytes()
    write_rollouts(path, rows)
    assert path.read_bytes() == first


def test_another_table_and_no_table_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(DataError, match=r"other\.parquet"):
        read_rollouts(path)
    path.write_bytes(b"not parquet")
    with pytest.raises(DataError, match=r"other\.parquet"):
        read_rollouts(path)
    with pytest.raises(DataError, match=r"none\.parquet"):
        read_rollouts(tmp_path / "none.parquet")
