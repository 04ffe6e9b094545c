"""The design of a study's analysis (comparisons, metrics, temperatures), and its cells by setting, variant and seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.errors import DataError
from tasks.study.cells import Cell

CellsBySeed = dict[int, Cell]


@dataclass(frozen=True, slots=True)
class Design:
    """The comparisons that the analysis makes.

    `control`: the variant that others are compared with. `comparisons`: (variant, against), the study's main one first.
    `tested_variants`: variants for which it is tested whether they dominate the control (tasks/study/dominance.py);
    `counted_variants`: variants for which that is counted and not tested. `temperatures`: of sampling, the primary one
    first. `ks`: of Pass@k; 1 and the largest are tested.
    """

    control: str
    comparisons: Sequence[tuple[str, str]]
    tested_variants: Sequence[str]
    temperatures: Sequence[float]
    ks: Sequence[int]
    counted_variants: Sequence[str] = ()

    @property
    def largest_k(self) -> int:
        """Return the largest k of Pass@k."""
        return max(self.ks)


@dataclass(frozen=True, slots=True)
class CellTable:
    """The cells of a study by setting, variant and seed."""

    all: tuple[Cell, ...]

    @property
    def settings(self) -> list[str]:
        """Return the settings, in the order of the cells."""
        return list(dict.fromkeys(cell.setting for cell in self.all))

    def of(self, setting: str, variant: str) -> CellsBySeed:
        """Return {seed: cell}, seeds ascending."""
        found = {cell.seed: cell for cell in self.all if (cell.setting, cell.variant) == (setting, variant)}
        return dict(sorted(found.items()))

    def last_iteration(self, setting: str) -> int:
        """Return the number of iterations of the setting's longest cell."""
        return max(cell.iterations for cell in self.all if cell.setting == setting)

    def evaluated_iterations(self, setting: str, temperature: float) -> list[int]:
        """Return the iterations at which some cell was evaluated, ascending."""
        cells = [cell for cell in self.all if cell.setting == setting]
        return sorted({p.iteration for cell in cells for p in cell.points if p.temperature == temperature})


def collect(cells: Sequence[Cell]) -> CellTable:
    """Return the cells as a table.

    Raises DataError if two cells have the same name, or two cells of a setting were evaluated on different questions.
    """
    names: set[tuple[str, str, int]] = set()
    suites: dict[str, Cell] = {}
    for cell in cells:
        if cell.name in names:
            raise DataError(f"study: two cells are {cell_label(cell)}; keep one of the two files")
        names.add(cell.name)
        first = suites.setdefault(cell.setting, cell)
        if cell.questions != first.questions:
            raise DataError(
                f"study: {cell_label(cell)} was evaluated on {cell.questions[0]} questions "
                f"({cell.questions[1][:12]}), {cell_label(first)} on {first.questions[0]} ({first.questions[1][:12]}); "
                "what is paired by question needs the same ones: make one of the cells again"
            )
    return CellTable(tuple(cells))


def unmatched_starts(cells: CellTable, design: Design) -> list[str]:
    """Return a line for each pair of cells of a seed that did not begin alike.

    Pairs are those of the comparisons and of every variant with the control. A pair did not begin alike if its first
    policies differ, or if other samples were drawn from the same one (on machines whose arithmetic differs).
    """
    lines = []
    pairs = dict.fromkeys(
        [*design.comparisons, *((cell.variant, design.control) for cell in cells.all if cell.variant != design.control)]
    )
    for setting in cells.settings:
        for pair in pairs:
            first, second = (cells.of(setting, variant) for variant in pair)
            for seed in first.keys() & second.keys():
                names = " and ".join(cell_label(cell) for cell in (first[seed], second[seed]))
                if _start(first[seed]) != _start(second[seed]):
                    lines.append(f"{names} did not begin alike: they are paired by questions alone")
    return sorted(lines)


def _start(cell: Cell) -> tuple[str, list[tuple[int, ...]]]:
    return cell.start, [point.correct for point in cell.points if point.iteration == 0]


def cell_label(cell: Cell) -> str:
    """Return `setting/variant seed n`, the cell's name in messages."""
    return f"{cell.setting}/{cell.variant} seed {cell.seed}"
