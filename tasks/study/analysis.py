"""The analysis of a study's cells: tests in named families, curves, matched comparisons and dominance."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass

from tasks.study.cells import Cell
from tasks.study.curves import Curve, training_curve
from tasks.study.design import CellsBySeed, CellTable, Design, collect
from tasks.study.dominance import Dominance, dominance
from tasks.study.matched import Matched, match_compute, match_pass_1
from tasks.study.metrics import DISTINCT, ENTROPY, Metric, pass_at
from tasks.study.multiple_tests import ALPHA, holm_adjusted
from tasks.study.paired import Comparison, Difference, paired_difference

Sides = tuple[CellsBySeed, CellsBySeed]


@dataclass(frozen=True, slots=True)
class Family:
    """Differences that are tested together.

    `adjusted` [differences]: Holm's p-values over those that could be tested. A `descriptive` family is not tested,
    because its differences are known to favour one side, or because most of its variants are there to be looked at.
    """

    name: str
    temperature: float
    differences: tuple[Difference, ...]
    adjusted: tuple[float | None, ...]
    descriptive: bool = False

    @property
    def size(self) -> int:
        """Return the number of differences that were tested."""
        return sum(p is not None for p in self.adjusted)

    @property
    def shown(self) -> int:
        """Return the number of differences that are shown to be other than 0."""
        return sum(p is not None and p <= ALPHA for p in self.adjusted)

    def of(self, setting: str, variant: str, against: str) -> list[tuple[Difference, float | None]]:
        """Return the differences of one comparison with their adjusted p-values."""
        return [
            (each, p)
            for each, p in zip(self.differences, self.adjusted, strict=True)
            if (each.comparison.setting, each.comparison.variant, each.comparison.against)
            == (setting, variant, against)
        ]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The statistics of a study; its families hold one temperature each.

    `at_end`: differences at the last iteration; the first family is the primary one, Pass@1 and Pass@k at the primary
    temperature. `against_control`: every variant's differences from the control there, not tested. `equal_pass_1`,
    `equal_compute`: differences of matched policies, and `matched_pass_1`, `matched_compute` how each comparison was
    matched, in the order of temperatures, settings and comparisons.
    """

    design: Design
    cells: CellTable
    at_end: tuple[Family, ...]
    against_control: tuple[Family, ...]
    curves: tuple[Curve, ...]
    equal_pass_1: tuple[Family, ...]
    matched_pass_1: tuple[Matched, ...]
    equal_compute: tuple[Family, ...]
    matched_compute: tuple[Matched, ...]
    dominance: Dominance

    @property
    def primary(self) -> Family:
        """Return the family that the study was made for."""
        return self.at_end[0]

    def curve_of(self, setting: str, variant: str, temperature: float) -> Curve | None:
        """Return a variant's curve; None if it has no cells."""
        names = (setting, variant, temperature)
        return next((c for c in self.curves if (c.setting, c.variant, c.temperature) == names), None)


def analyse(cells: Sequence[Cell], design: Design) -> Analysis:
    """Analyse the cells of a study; the result depends on nothing else.

    Raises DataError if cells cannot be compared (tasks.study.design.collect, tasks.study.paired.paired_difference).
    """
    table = collect(cells)
    pass_k = pass_at(design.largest_k)
    tested = tuple({metric.name: metric for metric in (pass_at(1), pass_k)}.values())
    temperatures = design.temperatures
    pass_1 = [
        _matched(match_pass_1, "equal Pass@1", (pass_k,), design, table, temperature, descriptive=True)
        for temperature in temperatures
    ]
    compute = [
        _matched(match_compute, "equal compute", tested, design, table, temperature) for temperature in temperatures
    ]
    return Analysis(
        design=design,
        cells=table,
        at_end=tuple(
            _at_end(design, table, metrics, temperature)
            for metrics in (tested, (DISTINCT, ENTROPY))
            for temperature in temperatures
        ),
        against_control=tuple(
            _against_control(design, table, (*tested, ENTROPY, DISTINCT), temperature) for temperature in temperatures
        ),
        curves=tuple(_curves(design, table)),
        equal_pass_1=tuple(family for family, _ in pass_1),
        matched_pass_1=tuple(each for _, matched in pass_1 for each in matched),
        equal_compute=tuple(family for family, _ in compute),
        matched_compute=tuple(each for _, matched in compute for each in matched),
        dominance=dominance(design, table),
    )


def _at_end(design: Design, cells: CellTable, metrics: Sequence[Metric], temperature: float) -> Family:
    differences = [
        paired_difference(comparison, metric, *sides)
        for comparison, sides in _comparisons(design.comparisons, cells, temperature)
        for metric in metrics
    ]
    return _family(f"at the last iteration, T = {temperature:g}", temperature, metrics, differences)


def _against_control(design: Design, cells: CellTable, metrics: Sequence[Metric], temperature: float) -> Family:
    variants = dict.fromkeys(cell.variant for cell in cells.all if cell.variant != design.control)
    differences = [
        paired_difference(comparison, metric, *sides)
        for comparison, sides in _comparisons([(each, design.control) for each in variants], cells, temperature)
        for metric in metrics
    ]
    where = f"against the control at the last iteration, T = {temperature:g}"
    return _family(where, temperature, metrics, differences, descriptive=True)


def _matched(
    match: Callable[[Comparison, Sequence[Metric], CellsBySeed, CellsBySeed], Matched],
    name: str,
    metrics: Sequence[Metric],
    design: Design,
    cells: CellTable,
    temperature: float,
    *,
    descriptive: bool = False,
) -> tuple[Family, list[Matched]]:
    matched = [
        match(Comparison(at_end.setting, at_end.variant, at_end.against, temperature), metrics, *sides)
        for at_end, sides in _comparisons(design.comparisons, cells, temperature)
    ]
    differences = [difference for each in matched for difference in each.differences]
    where = f"at {name}, T = {temperature:g}"
    return _family(where, temperature, metrics, differences, descriptive=descriptive), matched


def _family(
    where: str,
    temperature: float,
    metrics: Sequence[Metric],
    differences: Sequence[Difference],
    *,
    descriptive: bool = False,
) -> Family:
    """Return the family; its name says what was tested together."""
    settings = {each.comparison.setting for each in differences}
    pairs = {(each.comparison.variant, each.comparison.against) for each in differences}
    adjusted = tuple(holm_adjusted([None if descriptive else each.p for each in differences]))
    name = (
        f"{' and '.join(metric.name.partition(',')[0] for metric in metrics)} {where}: {_count(pairs, 'comparison')}, "
        f"{_count(settings, 'setting')}, {_count(metrics, 'metric')}: {len(differences)} differences, "
        f"of which {sum(p is not None for p in adjusted)} are tested"
    )
    return Family(name, temperature, tuple(differences), adjusted, descriptive)


def _count(of: Sized, name: str) -> str:
    return f"{len(of)} {name}{'' if len(of) == 1 else 's'}"


def _comparisons(
    pairs: Sequence[tuple[str, str]], cells: CellTable, temperature: float
) -> list[tuple[Comparison, Sides]]:
    """Return the comparisons for which a setting has cells, at its last iteration, with the cells of both sides."""
    found = []
    for setting in cells.settings:
        for variant, against in pairs:
            sides = cells.of(setting, variant), cells.of(setting, against)
            if sides[0] and sides[1]:
                last = cells.last_iteration(setting)
                found.append((Comparison(setting, variant, against, temperature, last), sides))
    return found


def _curves(design: Design, cells: CellTable) -> list[Curve]:
    metrics = (*map(pass_at, sorted({1, *design.ks})), ENTROPY, DISTINCT)
    names = list(dict.fromkeys((cell.setting, cell.variant) for cell in cells.all))
    return [
        training_curve(setting, variant, temperature, metrics, cells.of(setting, variant))
        for setting, variant in names
        for temperature in design.temperatures
    ]
