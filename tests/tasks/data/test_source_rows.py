"""The rows of problems that users' own reward functions read."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from specs.sections import Data
from tasks.data.source_rows import from_bytes, row_of, to_bytes
from tasks.data.sources.registry import make_source
from tasks.errors import DataError
from tasks.records import SourceRow

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 + 2?"}]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_each_problem_has_its_row_held_out_or_not_and_duplicates_have_none(tmp_path: Path) -> None:
    rows = [{"prompt": f"{k} + 1?", "answer": k + 1, "level": k % 3, "id": f"p{k}"} for k in range(6)]
    rows += [{"prompt": "0 + 1?", "answer": 7, "level": 9}, {"prompt": CHAT, "answer": "3", "id": "chat"}]
    file = written(tmp_path / "rows.jsonl", rows)
    source = make_source(Data(train=str(file), verifier="math", heldout=2))
    found = source.source_rows(source.fingerprint())
    ids = [each.id for split in ("train", "heldout") for each in source.problems(split).problems]
    assert sorted(found) == sorted(ids) and len(ids) == 7
    assert found["p2"] == SourceRow("2 + 1?", {"answer": 3, "level": 2, "id": "p2"})
    assert found["chat"].prompt == tuple(CHAT), "a chat stays a list of messages"
    assert from_bytes(to_bytes(found)) == found and to_bytes(found) == to_bytes(source.source_rows())


def test_values_are_as_json_has_them_and_what_it_cannot_hold_is_left_out() -> None:
    row = {
        "question": "1?",
        "when": datetime.date(2026, 11, 30),
        "price": Decimal("1.50"),
        "vector": np.array([1.5, 2.0], dtype=np.float32),
        "count": np.int64(3),
        "image": b"\x89PNG",
        "nested": {"bytes": b"x"},
        "list": (1, None, "a"),
        "completions": "a reserved name",
    }
    assert row_of(row, "question").columns == {
        "question": "1?",
        "when": "2026-11-30",
        "price": "1.50",
        "vector": [1.5, 2.0],
        "count": 3,
        "list": [1, None, "a"],
    }


def test_rows_of_parquet_and_of_a_puzzle(tmp_path: Path) -> None:
    table = pa.table({"prompt": ["1?", "2?"], "answer": ["1", "2"], "meta": [{"level": 1}, {"level": 2}]})
    pq.write_table(table, tmp_path / "rows.parquet")
    rows = make_source(Data(train=str(tmp_path / "rows.parquet"), verifier="math")).source_rows()
    assert [row.columns["meta"] for row in rows.values()] == [{"level": 1}, {"level": 2}]
    puzzle = make_source(Data(train="puzzle:sums")).source_rows()
    problem = make_source(Data(train="puzzle:sums")).problems().problems[0]
    assert (
        puzzle[problem.id].columns == dict(problem.reference)
        and puzzle[problem.id].prompt == problem.prompt[0]["content"]
    )


def test_rows_of_a_mixture_are_called_as_its_problems(tmp_path: Path) -> None:
    parts = {
        name: {"source": str(written(tmp_path / f"{name}.jsonl", [{"prompt": f"{name}?", "answer": "1"}]))}
        for name in "ab"
    }
    source = make_source(Data.model_validate({"train": parts, "verifier": "math"}))
    assert (
        sorted(source.source_rows())
        == sorted(each.id for each in source.problems().problems)
        == ["a/000000", "b/000000"]
    )


def test_a_row_without_the_prompt_is_an_error_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no key 'prompt'"):
        make_source(Data(train=str(written(tmp_path / "x.jsonl", [{"answer": "1"}])), verifier="math")).source_rows()
