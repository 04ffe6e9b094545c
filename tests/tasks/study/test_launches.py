"""The wall time of a study's launches."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.study.launches import FILE, Launch, append_launch, read_launches, wall_time

FIRST = Launch("2026-01-01T00:00:00+00:00", 100.5, (("fresh", "grpo", 1), ("fresh", "arm", 1)), 2, 2)
AGAIN = Launch("2026-01-02T00:00:00+00:00", 50.0, (("fresh", "arm", 1),), 1, 2)


def test_launches_are_read_as_they_were_added(tmp_path: Path) -> None:
    assert read_launches(tmp_path) == []
    for launch in (FIRST, AGAIN):
        append_launch(tmp_path / "deep", launch)
    assert read_launches(tmp_path / "deep") == [FIRST, AGAIN]


def test_a_cell_that_ran_twice_is_one_cell_and_both_times_count() -> None:
    assert wall_time([FIRST, AGAIN], [("fresh", "grpo", 1), ("fresh", "arm", 1), ("fresh", "arm", 2)]) == (150.5, 2)


def test_a_line_that_is_no_launch_costs_its_time_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line may be torn by a machine that went down, or written by hand."""
    (tmp_path / FILE).write_text('{"began": "2026"}\n{"began":"2026-01-01T0')
    append_launch(tmp_path, FIRST)
    with caplog.at_level("WARNING", "armature"):
        assert read_launches(tmp_path) == [FIRST]
    said = [record.getMessage() for record in caplog.records]
    assert [line.startswith(f"{tmp_path / FILE}:{n} is no start of a study") for n, line in enumerate(said, 1)] == [
        True,
        True,
    ]
