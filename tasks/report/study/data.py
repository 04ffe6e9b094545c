"""The data of a study's report, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.study.cells import Cell
from tasks.study.design import Design
from tasks.study.launches import Launch

CellName = tuple[str, str, int]
"""Setting, variant, seed."""


@dataclass(frozen=True, slots=True)
class StudyReport:
    """A study's report.

    `control`: the variant that others are compared with. `comparisons`: (variant, against), the main one first.
    `settings`, `variants`: {name: label}, in the order of the page. `expected`: all cells of the study; those that are
    not among `cells` are named as missing. `temperatures`: the primary one first. `ks`: of Pass@k; those beyond the
    samples per question are left out. `results_from`: where the cells lie.

    `tested_variants`: variants for which it is tested whether they dominate the control; if there are none, all that
    are compared with it. `counted_variants`: variants for which that is only counted. `launches`: the launches of the
    study that were timed.
    """

    title: str
    cells: Sequence[Cell]
    control: str
    comparisons: Sequence[tuple[str, str]]
    settings: Mapping[str, str]
    variants: Mapping[str, str]
    expected: Sequence[CellName]
    temperatures: Sequence[float]
    ks: Sequence[int]
    study_yaml: str
    results_from: str
    tested_variants: Sequence[str] = ()
    counted_variants: Sequence[str] = ()
    launches: Sequence[Launch] = ()

    @property
    def design(self) -> Design:
        """Return the design of the analysis."""
        compared = [variant for variant, against in self.comparisons if against == self.control]
        drawn = max((point.samples for cell in self.cells for point in cell.points), default=max(self.ks))
        return Design(
            self.control,
            self.comparisons,
            self.tested_variants or compared,
            self.temperatures,
            [k for k in self.ks if k <= drawn] or [1],
            self.counted_variants,
        )

    @property
    def ordered(self) -> list[Cell]:
        """Return the cells in the order of settings, variants and seeds, without those that the study does not have."""
        places = {name: place for names in (self.settings, self.variants) for place, name in enumerate(names)}
        mine = [cell for cell in self.cells if cell.setting in self.settings and cell.variant in self.variants]
        return sorted(mine, key=lambda cell: (places[cell.setting], places[cell.variant], cell.seed))

    @property
    def missing(self) -> list[CellName]:
        """Return the expected cells that have no result."""
        there = {cell.name for cell in self.cells}
        return [name for name in self.expected if name not in there]

    @property
    def highlighted(self) -> list[str]:
        """Return the variants that stand out in plots: the control and the first that are compared, one per colour."""
        return list(dict.fromkeys([self.control, *(name for pair in self.comparisons for name in pair)]))[:6]
