"""Cells of a study, as tests look at them."""

from __future__ import annotations

from pathlib import Path

from tasks.study.cells import Cell, read_cell


def read_cells(folder: Path) -> list[Cell]:
    """All cells below a folder, in the order of their names."""
    return [read_cell(path) for path in sorted(folder.glob("*/*.json"))]
