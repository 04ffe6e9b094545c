"""All that a study's cells say, by its plan: paired tests in named families, the frontier, equal Pass@1, equal compute, and wins on both."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass

from tasks.study.cells import Cell
from tasks.study.equal import AtEqual, at_equal_compute, at_equal_pass_1
from tasks.study.frontier import Curve, curve
from tasks.study.holm import ALPHA, holm
from tasks.study.measures import DISTINCT, ENTROPY, Metric, pass_at
from tasks.study.paired import Difference, Where, compared
from tasks.study.plan import BySeed, Cells, Plan, gather
from tasks.study.wins import Wins, wins


@dataclass(frozen=True, slots=True)
class Family:
    """Tests that pay for each other. `adjusted` [differences]: Holm's p over those of them that could be tested, `size` of them. With `descriptive`
    nothing is tested: the differences are known to favour one side."""

    name: str
    temperature: float
    differences: tuple[Difference, ...]
    adjusted: tuple[float | None, ...]
    descriptive: bool = False

    @property
    def size(self) -> int:
        return sum(p is not None for p in self.adjusted)

    @property
    def shown(self) -> int:
        """How many of them show a difference."""
        return sum(p is not None and p <= ALPHA for p in self.adjusted)

    def of(self, setting: str, variant: str, against: str) -> list[tuple[Difference, float | None]]:
        """One comparison's tests with their adjusted p."""
        names = (setting, variant, against)
        return [
            (d, p)
            for d, p in zip(self.differences, self.adjusted, strict=True)
            if (d.setting, d.variant, d.against) == names
        ]


@dataclass(frozen=True, slots=True)
class Findings:
    """`last`: families at the last iteration, the first one primary: Pass@1 and Pass@k at the primary temperature. `from_control`: every variant's
    differences from the control there, a family a temperature, not tested: most variants are there to be looked at. `equal_pass_1`, `equal_compute`: a
    family a temperature, and what each of its comparisons was brought to (`places_*`, in the order of settings and comparisons)."""

    plan: Plan
    cells: Cells
    last: tuple[Family, ...]
    from_control: tuple[Family, ...]
    curves: tuple[Curve, ...]
    equal_pass_1: tuple[Family, ...]
    places_pass_1: tuple[tuple[Where, AtEqual], ...]
    equal_compute: tuple[Family, ...]
    places_compute: tuple[tuple[Where, AtEqual], ...]
    wins: Wins

    @property
    def primary(self) -> Family:
        return self.last[0]

    def curve_of(self, setting: str, variant: str, temperature: float) -> Curve | None:
        return next(
            (c for c in self.curves if (c.setting, c.variant, c.temperature) == (setting, variant, temperature)), None
        )


def find(cells: Sequence[Cell], plan: Plan) -> Findings:
    """Exact and without chance. Raises DataError where cells cannot be compared (tasks.study.plan.gather, tasks.study.paired.compared)."""
    found = gather(cells)
    one, many = pass_at(1), pass_at(plan.largest_k)
    tested = tuple({metric.name: metric for metric in (one, many)}.values())
    pass_1 = [
        _equal(at_equal_pass_1, "equal Pass@1", (many,), plan, found, temperature, descriptive=True)
        for temperature in plan.temperatures
    ]
    compute = [
        _equal(at_equal_compute, "equal compute", tested, plan, found, temperature) for temperature in plan.temperatures
    ]
    return Findings(
        plan=plan,
        cells=found,
        last=tuple(
            _last(plan, found, metrics, temperature)
            for metrics in (tested, (DISTINCT, ENTROPY))
            for temperature in plan.temperatures
        ),
        from_control=tuple(
            _from_control(plan, found, (*tested, ENTROPY, DISTINCT), temperature) for temperature in plan.temperatures
        ),
        curves=tuple(_curves(plan, found)),
        equal_pass_1=tuple(family for family, _ in pass_1),
        places_pass_1=tuple(each for _, places in pass_1 for each in places),
        equal_compute=tuple(family for family, _ in compute),
        places_compute=tuple(each for _, places in compute for each in places),
        wins=wins(plan, found),
    )


def _last(plan: Plan, cells: Cells, metrics: Sequence[Metric], temperature: float) -> Family:
    differences = [
        compared(where, metric, *sides)
        for where, sides in _asked(plan.comparisons, cells, temperature)
        for metric in metrics
    ]
    return _family(f"at the last iteration, T = {temperature:g}", temperature, metrics, differences)


def _from_control(plan: Plan, cells: Cells, metrics: Sequence[Metric], temperature: float) -> Family:
    pairs = [
        (variant, plan.control)
        for variant in dict.fromkeys(cell.variant for cell in cells.all)
        if variant != plan.control
    ]
    differences = [
        compared(where, metric, *sides) for where, sides in _asked(pairs, cells, temperature) for metric in metrics
    ]
    return _family(
        f"against the control at the last iteration, T = {temperature:g}",
        temperature,
        metrics,
        differences,
        descriptive=True,
    )


def _equal(
    bring: Callable[[Where, Sequence[Metric], BySeed, BySeed], AtEqual],
    name: str,
    metrics: Sequence[Metric],
    plan: Plan,
    cells: Cells,
    temperature: float,
    *,
    descriptive: bool = False,
) -> tuple[Family, list[tuple[Where, AtEqual]]]:
    places = []
    for asked, sides in _asked(plan.comparisons, cells, temperature):
        where = Where(asked.setting, asked.variant, asked.against, temperature)
        places.append((where, bring(where, metrics, *sides)))
    differences = [difference for _, at in places for difference in at.differences]
    return _family(
        f"at {name}, T = {temperature:g}", temperature, metrics, differences, descriptive=descriptive
    ), places


def _family(
    where: str,
    temperature: float,
    metrics: Sequence[Metric],
    differences: Sequence[Difference],
    *,
    descriptive: bool = False,
) -> Family:
    """Its name says what was tested together."""
    settings, pairs = {d.setting for d in differences}, {(d.variant, d.against) for d in differences}
    adjusted = tuple(holm([None if descriptive else difference.p for difference in differences]))
    name = (
        f"{' and '.join(metric.name.partition(',')[0] for metric in metrics)} {where}: {_count(pairs, 'comparison')}, {_count(settings, 'setting')}, "
        f"{_count(metrics, 'metric')}: {len(differences)} differences, of which {sum(p is not None for p in adjusted)} are tested"
    )
    return Family(name, temperature, tuple(differences), adjusted, descriptive)


def _count(of: Sized, name: str) -> str:
    return f"{len(of)} {name}{'' if len(of) == 1 else 's'}"


def _asked(
    pairs: Sequence[tuple[str, str]], cells: Cells, temperature: float
) -> list[tuple[Where, tuple[BySeed, BySeed]]]:
    """Comparisons of which a setting has cells, at its last iteration; with the cells of both sides."""
    asked = []
    for setting in cells.settings:
        for variant, against in pairs:
            sides = cells.of(setting, variant), cells.of(setting, against)
            if sides[0] and sides[1]:
                asked.append((Where(setting, variant, against, temperature, cells.last(setting)), sides))
    return asked


def _curves(plan: Plan, cells: Cells) -> list[Curve]:
    metrics = (*map(pass_at, sorted({1, *plan.ks})), ENTROPY, DISTINCT)
    names = list(dict.fromkeys((cell.setting, cell.variant) for cell in cells.all))
    return [
        curve(setting, variant, temperature, metrics, cells.of(setting, variant))
        for setting, variant in names
        for temperature in plan.temperatures
    ]
