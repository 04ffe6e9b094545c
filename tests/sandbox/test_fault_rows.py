"""Cases after public bug reports, where they are at hand: each program is accepted or not, as is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import Sandbox
from sandbox.job import Limits
from tests.backends import require

ROWS = Path(__file__).parents[3] / "shared" / "data" / "faults" / "code.jsonl"
LIMITS = Limits(cpu_s=60.0, wall_s=400.0, memory_mb=2048)
#: The tests of rows that are cut in the file, as they were.
WHOLE = {
    "B102b": {"test_type": "stdin", "tests": [{"input": "x", "output": "\n".join(map(str, range(150_000)))}]},
    "B150": {"test_type": "stdin", "tests": [{"input": "9" * 5000, "output": "5000"}]},
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    require("jail")
    with Sandbox("jail", 2, limits=LIMITS) as started:
        yield started


def rows() -> list[dict[str, Any]]:
    if not ROWS.exists():
        pytest.skip(f"no {ROWS}: these cases are not part of the project")
    return [json.loads(line) for line in ROWS.read_text(encoding="utf-8").strip().split("\n")]


def test_each_row_is_decided_as_is_wanted(sandbox: Sandbox) -> None:
    chosen = rows()
    problems = [
        WHOLE[row["id"]] if isinstance(row["input"]["problem"], str) else row["input"]["problem"] for row in chosen
    ]
    verdicts = sandbox.grade_many(
        [(problem, row["input"]["program"], LIMITS) for problem, row in zip(problems, chosen, strict=True)]
    )
    wrong = {
        row["id"]: f"{verdict.kind} {verdict.detail}"
        for row, verdict in zip(chosen, verdicts, strict=True)
        if (verdict.score == 1.0) != row["expected"]
    }
    assert wrong == {}
