from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import DataError
from tasks.ragged import Ragged
from tasks.rollout.rollouts import Rollouts, joined
from tasks.rollout.table import SCHEMA, read_rollouts, write_rollouts

PLAIN = dict[str, list[Any]]


@st.composite
def tables(draw: st.DrawFn) -> PLAIN:
    """Rows of the table as lists, by column."""
    count = draw(st.integers(0, 5))
    ids = st.lists(st.integers(0, 200_000), max_size=6)
    responses = draw(st.lists(ids, min_size=count, max_size=count))
    return {
        "problem_id": draw(st.lists(st.text(max_size=8), min_size=count, max_size=count)),
        "sample": draw(st.lists(st.integers(0, 1000), min_size=count, max_size=count)),
        "prompt_ids": draw(st.lists(ids, min_size=count, max_size=count)),
        "response_ids": responses,
        "logprobs": [draw(st.lists(st.floats(-50, 0, width=32), min_size=len(r), max_size=len(r))) for r in responses],
        "finish_reason": draw(st.lists(st.sampled_from(["stop", "length"]), min_size=count, max_size=count)),
        "lineage": draw(st.lists(st.text(max_size=8), min_size=count, max_size=count)),
        "seed": draw(st.lists(st.integers(0, 2**63 - 1), min_size=count, max_size=count)),
    }


def columns(rows: PLAIN) -> Rollouts:
    return Rollouts(
        problem_ids=rows["problem_id"],
        samples=np.array(rows["sample"], np.int32),
        prompts=Ragged.of(rows["prompt_ids"], np.int32),
        responses=Ragged.of(rows["response_ids"], np.int32),
        logprobs=Ragged.of(rows["logprobs"], np.float32).values,
        stopped=np.array([reason == "stop" for reason in rows["finish_reason"]], bool),
        lineages=rows["lineage"],
        seeds=np.array(rows["seed"], np.int64),
    )


def plain(rollouts: Rollouts) -> PLAIN:
    every = list(rollouts)
    return {
        "problem_id": [each.problem_id for each in every],
        "sample": [each.sample for each in every],
        "prompt_ids": [list(each.prompt_ids) for each in every],
        "response_ids": [list(each.response_ids) for each in every],
        "logprobs": [list(each.logprobs) for each in every],
        "finish_reason": [str(each.finish_reason) for each in every],
        "lineage": [each.lineage for each in every],
        "seed": [each.seed for each in every],
    }


@settings(max_examples=50, deadline=None)
@given(tables(), tables())
def test_what_is_written_is_read_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: PLAIN, more: PLAIN
) -> None:
    folder = tmp_path_factory.mktemp("table")
    path, other = folder / "rollouts.parquet", folder / "plain.parquet"
    write_rollouts(path, columns(rows))
    assert plain(read_rollouts(path)) == rows
    # The bytes are those of the same rows as Python objects: stores of before hold them.
    pq.write_table(
        pa.Table.from_pydict(rows, schema=SCHEMA),
        other,
        compression="zstd",
        row_group_size=4096,
        use_dictionary=False,
        write_statistics=False,
    )
    assert path.read_bytes() == other.read_bytes()
    write_rollouts(other, columns(more))
    both = joined([read_rollouts(path), read_rollouts(other)])
    assert plain(both) == {name: values + more[name] for name, values in rows.items()}


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("finish_reason", ["tired", "stop"], "'tired'"),
        ("logprobs", [[-0.5], [-0.5, -1.0]], "not as many log-probabilities as tokens"),
    ],
)
def test_a_table_that_cannot_be_is_refused(tmp_path: Path, column: str, values: list[Any], says: str) -> None:
    path = tmp_path / "rollouts.parquet"
    rows: PLAIN = {
        "problem_id": ["p", "p"],
        "sample": [0, 1],
        "prompt_ids": [[1], [1]],
        "response_ids": [[2, 3], [4]],
        "logprobs": [[-0.5, -1.0], [-2.0]],
        "finish_reason": ["stop", "stop"],
        "lineage": ["l", "l"],
        "seed": [1, 2],
    }
    pq.write_table(pa.Table.from_pydict({**rows, column: values}, schema=SCHEMA), path)
    with pytest.raises(DataError, match=says):
        read_rollouts(path)


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
