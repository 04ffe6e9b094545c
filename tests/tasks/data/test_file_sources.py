"""CSV and Parquet give the problems that the same rows give as JSON Lines; what is wrong is named with its place."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from specs.paths import REPOSITORY_ROOT
from tasks.errors import DataError
from tests.tasks.data.tools import load

ROWS = [
    {"id": "a", "prompt": 'He said "2, 3"\nand 4: which?', "answer": "007"},
    {"id": "b", "prompt": "Größe ½?", "answer": "1,5"},
    {"id": "c", "prompt": "x" * 200_000, "answer": "1e3"},
]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {kind: tmp_path / f"rows.{kind}" for kind in ("jsonl", "csv", "parquet", "csv.gz")}
    found["jsonl"].write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with found["csv"].open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ("id", "prompt", "answer"))
        writer.writeheader()
        writer.writerows(ROWS)
    found["csv.gz"].write_bytes(gzip.compress(found["csv"].read_bytes()))
    pq.write_table(pa.Table.from_pylist(ROWS), found["parquet"])
    return found


def test_the_same_rows_are_the_same_problems(files: dict[str, Path]) -> None:
    fsspec.filesystem("memory").pipe("/test_files/rows.parquet", files["parquet"].read_bytes())
    first, *others = [load(str(file), verifier="math") for file in files.values()]
    assert len(first.problems) == 3 and all(other == first for other in others)
    assert load("memory://test_files/rows.parquet", verifier="math") == first
    assert [problem.reference["answer"] for problem in first.problems] == ["007", "1,5", "1e3"], "nothing is a number"


def test_numbers_and_records_of_a_parquet_file_are_read(tmp_path: Path) -> None:
    rows = [{"prompt": [{"role": "user", "content": f"{n}?"}], "reward_model": {"ground_truth": n}} for n in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "verl.parquet")
    data = load(str(tmp_path / "verl.parquet"), verifier="math", answer_column="reward_model.ground_truth")
    assert [(p.prompt[0]["content"], p.reference) for p in data.problems] == [
        (f"{n}?", {"answer": str(n)}) for n in range(3)
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"prompt,answer\n1 + 1?,2\n2, or 3?,5,x\n", r"rows\.csv:3: 4 values, and the heading has 2: put values with"),
        (b"prompt,answer\n1 + 1?\n", r"rows\.csv:2: 1 values, and the heading has 2"),
        (b"prompt,prompt\n1,2\n", r"rows\.csv:1: the heading names a column twice: 'prompt'"),
        (b"", r"rows\.csv:1: no heading"),
        (b'prompt,answer\n"1 + 1?,2\n', r"rows\.csv:2: not CSV \(unexpected end of data\)"),
        (b"prompt,answer\nGr\xf6\xdfe?,2\n", r"rows\.csv: not UTF-8"),
        (b"question,answer\n1 + 1?,2\n", r"rows\.csv:2: no key 'prompt'; the row has question, answer"),
        (b"prompt,answer\n1 + 1?,\n", r"rows\.csv:2: answer: it is empty"),
        (b"prompt,answer\n", r"rows\.csv: it holds no problem"),
    ],
)
def test_a_fault_of_a_csv_file_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load(str(tmp_path / "rows.csv"), verifier="math")


@pytest.mark.parametrize("kind", ["csv.gz", "csv.xz", "csv.bz2", "jsonl.xz"])
def test_a_packed_file_that_is_none_is_named(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"rows.{kind}").write_bytes(b"prompt,answer\n")
    with pytest.raises(DataError, match=rf"rows\.{kind}: cannot be read"):
        load(str(tmp_path / f"rows.{kind}"), verifier="math")


@pytest.mark.parametrize(
    "damage", [lambda data: b"rows", lambda data: data[:-20], lambda data: b"PAR1" + bytes(300) + data[-8:]]
)
def test_a_parquet_file_that_is_none_is_one_line(files: dict[str, Path], damage) -> None:  # type: ignore[no-untyped-def]
    files["parquet"].write_bytes(damage(files["parquet"].read_bytes()))
    with pytest.raises(DataError, match=r"rows\.parquet: (not Parquet, or damaged|cannot be read)") as caught:
        load(str(files["parquet"]), verifier="math")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named_with_what_could_be(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"no such file {REPOSITORY_ROOT}/mine\.parquet .*a \.csv file or URI"):
        load("mine.parquet", verifier="math")
