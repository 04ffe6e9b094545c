"""The clock of a study's starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.errors import DataError, StudyError
from tasks.study.starts import FILE, Start, add_start, clock, read_starts

FIRST = Start("2026-01-01T00:00:00+00:00", 100.5, (("fresh", "grpo", 1), ("fresh", "arm", 1)), 2, 2)
AGAIN = Start("2026-01-02T00:00:00+00:00", 50.0, (("fresh", "arm", 1),), 1, 2)


def test_starts_are_read_as_they_were_added(tmp_path: Path) -> None:
    assert read_starts(tmp_path) == []
    for start in (FIRST, AGAIN):
        add_start(tmp_path / "deep", start)
    assert read_starts(tmp_path / "deep") == [FIRST, AGAIN]


def test_a_cell_that_ran_twice_is_one_cell_and_both_times_count() -> None:
    assert clock([FIRST, AGAIN], [("fresh", "grpo", 1), ("fresh", "arm", 1), ("fresh", "arm", 2)]) == (150.5, 2)


def test_a_line_that_is_no_start_names_itself(tmp_path: Path) -> None:
    add_start(tmp_path, FIRST)
    with (tmp_path / FILE).open("a") as file:
        file.write('{"began": "2026"}\n')
    with pytest.raises(DataError, match=rf"{FILE}:2: no start of a study .*remove the line"):
        read_starts(tmp_path)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="only the time of this start is lost"):
        add_start(tmp_path / "file" / "results", FIRST)
