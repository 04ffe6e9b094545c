"""What a study's report is made from, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.study.cells import Cell
from tasks.study.plan import Plan
from tasks.study.starts import Start

Name = tuple[str, str, int]  # setting, variant, seed


@dataclass(frozen=True, slots=True)
class StudyReport:
    """`control`: the variant that others are compared with. `comparisons`: (variant, against), the main one first. `settings`, `variants`: {name: label},
    in the order of the page. `expected`: all cells of the study; those that are not among `cells` are named as missing. `temperatures`: the primary one
    first. `ks` of Pass@k; those beyond the samples a question are left out. `results_from`: where the cells lie. `arms`: variants whose wins over the
    control are looked for and tested; with none, all that are compared with it. `aside`: those whose wins are counted alone. `starts`: those of the study
    that were timed."""

    title: str
    cells: Sequence[Cell]
    control: str
    comparisons: Sequence[tuple[str, str]]
    settings: Mapping[str, str]
    variants: Mapping[str, str]
    expected: Sequence[Name]
    temperatures: Sequence[float]
    ks: Sequence[int]
    study_yaml: str
    results_from: str
    arms: Sequence[str] = ()
    aside: Sequence[str] = ()
    starts: Sequence[Start] = ()

    @property
    def plan(self) -> Plan:
        arms = self.arms or [variant for variant, against in self.comparisons if against == self.control]
        drawn = max((point.samples for cell in self.cells for point in cell.points), default=max(self.ks))
        return Plan(
            self.control,
            self.comparisons,
            arms,
            self.temperatures,
            [k for k in self.ks if k <= drawn] or [1],
            self.aside,
        )

    @property
    def ordered(self) -> list[Cell]:
        """The cells in the order of settings, variants and seeds; those of no setting or variant of the study are left out."""
        places = {name: place for names in (self.settings, self.variants) for place, name in enumerate(names)}
        mine = [cell for cell in self.cells if cell.setting in self.settings and cell.variant in self.variants]
        return sorted(mine, key=lambda cell: (places[cell.setting], places[cell.variant], cell.seed))

    @property
    def missing(self) -> list[Name]:
        there = {cell.name for cell in self.cells}
        return [name for name in self.expected if name not in there]

    @property
    def main_variants(self) -> list[str]:
        """Those that plots bring out: the control, and the first that are compared, as many as there are colours."""
        return list(dict.fromkeys([self.control, *(name for pair in self.comparisons for name in pair)]))[:6]
