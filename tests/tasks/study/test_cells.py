"""The files of cells."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.errors import DataError, StudyError
from tasks.study.cells import DYNAMICS, Cell, Point, cell_file, dynamics_of, read_cell, write_cell
from tests.tasks.study.tools import read_cells

POINT = Point(30, 1.0, 32, (3, 0, 32), (32, 31, 32), (2, 0, 9), 0.25, None, 11.5, 0.125, "ab" * 32)
CELL = Cell(
    study="s",
    setting="fresh",
    variant="arm-1.0",
    seed=3,
    key="k",
    run="s-fresh-arm-1.0/01234567",
    suite="heldout",
    iterations=30,
    start="l",
    questions=(3, "q"),
    points=(replace(POINT, iteration=0), POINT),
    dynamics={"entropy": (0.5, None)},
    tokens=12,
    seconds=1.5,
    steps_made=3,
    steps_found=4,
    seconds_made=1.0,
    seconds_found=9.0,
    host={"machine": "x86_64"},
)


def test_a_cell_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert write_cell(tmp_path, CELL) == cell_file(tmp_path, "fresh", "arm-1.0", 3)
    other = replace(CELL, setting="few", seed=11)
    write_cell(tmp_path, other)
    assert read_cells(tmp_path) == [other, CELL] and not list(tmp_path.rglob("*.partial"))
    assert CELL.at(30, 1.0) == POINT
    with pytest.raises(KeyError):
        CELL.at(30, 0.6)


DAMAGE = (
    lambda v: v.pop("points"),
    lambda v: v.update(format=0),
    lambda v: v["points"][0].pop("judged"),
    lambda v: v["points"][0].update(correct=None),
    lambda v: v.update(more=1),
)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_that_is_no_cell_is_named(tmp_path: Path, damage: object) -> None:
    path = write_cell(tmp_path, CELL)
    value = json.loads(path.read_text())
    damage(value)  # type: ignore[operator]
    path.write_text(json.dumps(value))
    with pytest.raises(DataError, match=rf"{path}: no result of a study"):
        read_cell(path)


def test_a_cell_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"{tmp_path}: cannot be read"):
        read_cell(tmp_path)


def test_dynamics_keep_what_is_there_and_leave_gaps() -> None:
    found = dynamics_of([{"entropy": 0.123456789, "c_q_mean": None, "loss": 1.0}, {"entropy": 2}])
    assert found["entropy"] == (0.12346, 2.0) and found["c_q_mean"] == (None, None) and list(found) == list(DYNAMICS)


def test_a_cell_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "fresh").write_text("a file where a folder should be")
    with pytest.raises(StudyError, match=r"arm-1.0.3.json: cannot be written"):
        write_cell(tmp_path, CELL)
