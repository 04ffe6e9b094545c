"""The clock of a study's starts."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_a_line_that_is_no_start_costs_its_time_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Torn by a machine that went down, or of another hand."""
    (tmp_path / FILE).write_text('{"began": "2026"}\n{"began":"2026-01-01T0')
    add_start(tmp_path, FIRST)
    with caplog.at_level("WARNING", "armature"):
        assert read_starts(tmp_path) == [FIRST]
    said = [record.getMessage() for record in caplog.records]
    assert [line.startswith(f"{tmp_path / FILE}:{n} is no start of a study") for n, line in enumerate(said, 1)] == [
        True,
        True,
    ]
