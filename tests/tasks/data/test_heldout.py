"""Held-out problems of rows: chosen by the digest of their prompt, apart from the others, and nearly the same later."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tasks.errors import DataError
from tests.tasks.data.tools import load

ROWS = [{"id": str(n), "prompt": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(200)]


def split(path: Path, rows: list[dict[str, str]], heldout: int, **settings: object) -> tuple[list[str], list[str]]:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    train, held = (
        [each.id for each in load(str(path), part, verifier="math", heldout=heldout, **settings).problems]
        for part in ("train", "heldout")
    )
    return train, held


def test_they_are_apart_in_the_order_of_their_source_and_do_not_depend_on_it(tmp_path: Path) -> None:
    train, held = split(tmp_path / "rows.jsonl", ROWS, 20)
    assert len(held) == 20 and sorted([*train, *held]) == sorted(row["id"] for row in ROWS)
    assert train == sorted(train, key=int) and held == sorted(held, key=int)
    assert held != [row["id"] for row in ROWS[:20]]
    moved = random.Random(1).sample(ROWS, len(ROWS))
    assert sorted(split(tmp_path / "rows.jsonl", moved, 20)[1]) == sorted(held)


def test_more_rows_move_few_of_them(tmp_path: Path) -> None:
    _, held = split(tmp_path / "rows.jsonl", ROWS[:190], 20)
    _, later = split(tmp_path / "rows.jsonl", ROWS, 20)
    assert len({*held} & {*later}) >= 16
    _, more = split(tmp_path / "rows.jsonl", ROWS, 40)
    assert {*later} < {*more}


def test_rows_with_the_same_prompt_stay_together(tmp_path: Path) -> None:
    twice = [{**row, "id": f"{row['id']}-{copy}"} for row in ROWS[:50] for copy in "ab"]
    for heldout in range(1, 30):
        train, held = split(tmp_path / "rows.jsonl", twice, heldout, drop_duplicates=False)
        assert len(held) in (heldout, heldout + 1)
        assert not {each.partition("-")[0] for each in train} & {each.partition("-")[0] for each in held}


@pytest.mark.parametrize("heldout", [200, 201, 999])
def test_too_few_rows_are_said(heldout: int, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"200 problems, too few for {heldout} held out and at least 1 to train on"):
        split(tmp_path / "rows.jsonl", ROWS, heldout)
