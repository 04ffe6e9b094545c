"""What a study asks of its cells, and the cells in the order in which it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.errors import DataError
from tasks.study.cells import Cell

BySeed = dict[int, Cell]


@dataclass(frozen=True, slots=True)
class Plan:
    """`comparisons`: (variant, against); the first is the study's main one. `arms`: variants whose wins over `control` are looked for and tested;
    `aside`: those whose wins are counted and not tested. `temperatures`
    of sampling, the primary one first; `ks` of Pass@k, of which 1 and the largest are tested."""

    control: str
    comparisons: Sequence[tuple[str, str]]
    arms: Sequence[str]
    temperatures: Sequence[float]
    ks: Sequence[int]
    aside: Sequence[str] = ()

    @property
    def largest_k(self) -> int:
        return max(self.ks)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a study by setting, variant and seed; settings in the order in which they were met."""

    all: tuple[Cell, ...]

    @property
    def settings(self) -> list[str]:
        return list(dict.fromkeys(cell.setting for cell in self.all))

    def of(self, setting: str, variant: str) -> BySeed:
        """{seed: cell}, seeds ascending."""
        found = {cell.seed: cell for cell in self.all if (cell.setting, cell.variant) == (setting, variant)}
        return dict(sorted(found.items()))

    def last(self, setting: str) -> int:
        """The iterations of the setting: those of its longest cells."""
        return max(cell.iterations for cell in self.all if cell.setting == setting)

    def evaluated(self, setting: str, temperature: float) -> list[int]:
        """Iterations at which some cell was evaluated, ascending."""
        return sorted(
            {
                p.iteration
                for cell in self.all
                if cell.setting == setting
                for p in cell.points
                if p.temperature == temperature
            }
        )


def gather(cells: Sequence[Cell]) -> Cells:
    """Raises DataError where two cells have one name, or cells of one setting other questions."""
    names: set[tuple[str, str, int]] = set()
    suites: dict[str, Cell] = {}
    for cell in cells:
        if cell.name in names:
            raise DataError(f"study: two cells are {say(cell)}; keep one of the two files")
        names.add(cell.name)
        first = suites.setdefault(cell.setting, cell)
        if cell.questions != first.questions:
            raise DataError(
                f"study: {say(cell)} was evaluated on {cell.questions[0]} questions ({cell.questions[1][:12]}), {say(first)} on {first.questions[0]} "
                f"({first.questions[1][:12]}); what is paired by question needs the same ones: make one of the cells again"
            )
    return Cells(tuple(cells))


def apart_at_the_start(cells: Cells, plan: Plan) -> list[str]:
    """A line for each pair, of the comparisons and of a variant with the control, whose two cells of a seed began from different policies, or from one of
    which other samples were drawn (made on machines whose arithmetic differs): they are paired by questions alone."""
    lines = []
    pairs = dict.fromkeys(
        [*plan.comparisons, *((cell.variant, plan.control) for cell in cells.all if cell.variant != plan.control)]
    )
    for setting in cells.settings:
        for pair in pairs:
            first, second = (cells.of(setting, variant) for variant in pair)
            for seed in first.keys() & second.keys():
                starts = [
                    (cell.start, [p.correct for p in cell.points if p.iteration == 0])
                    for cell in (first[seed], second[seed])
                ]
                if starts[0] != starts[1]:
                    lines.append(
                        f"{say(first[seed])} and {say(second[seed])} did not begin alike: they are paired by questions alone"
                    )
    return sorted(lines)


def say(cell: Cell) -> str:
    return f"{cell.setting}/{cell.variant} seed {cell.seed}"
