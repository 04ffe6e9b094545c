"""Cases after public bug reports, where they are at hand: the program that is taken from a response."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.reward.program import extract

ROWS = Path(__file__).parents[4] / "shared" / "data" / "faults" / "extract.jsonl"
#: Rows in which the prompt has opened a thought: the reward stage hands the response over with the opening tag.
IN_A_THOUGHT = {"B036c"}


def test_each_program_is_taken_as_is_wanted() -> None:
    if not ROWS.exists():
        pytest.skip(f"no {ROWS}: these cases are not part of the project")
    wrong = []
    for line in ROWS.read_text(encoding="utf-8").strip().split("\n"):
        row = json.loads(line)
        opened = "<think>\n" if row["id"] in IN_A_THOUGHT else ""
        found = extract(opened + row["input"]["response"], row["input"]["reference"])
        if (found.text or "").strip() != (row["expected"] or "").strip():
            wrong.append((row["id"], found))
    assert wrong == []
