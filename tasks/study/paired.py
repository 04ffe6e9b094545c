"""Two variants, paired by seed and by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.errors import DataError
from tasks.study.cells import Point
from tasks.study.crossed import Estimate, estimate
from tasks.study.measures import Metric, Values
from tasks.study.plan import BySeed

ONE_SEED = "one seed: no claim"


@dataclass(frozen=True, slots=True)
class Difference:
    """variant - against in one number. `seeds` both have; `left_out` only one of the two has, so they say nothing here; `questions_left_out` have no
    value in some of the cells. `iteration` is None where the policies were brought to equal Pass@1 or compute instead. `found` is None without a seed."""

    setting: str
    variant: str
    against: str
    metric: str
    temperature: float
    iteration: int | None
    found: Estimate | None
    seeds: tuple[int, ...]
    left_out: tuple[int, ...]
    questions_left_out: int = 0

    @property
    def p(self) -> float | None:
        return None if self.found is None else self.found.p

    @property
    def remark(self) -> str:
        """Why nothing may be claimed, where that is so."""
        if self.found is None:
            return "no seed, or no question, has both"
        if self.found.seeds == 1:
            return ONE_SEED
        return "" if self.p is not None else "no spread: not tested"


@dataclass(frozen=True, slots=True)
class Where:
    """What two variants are compared in."""

    setting: str
    variant: str
    against: str
    temperature: float
    iteration: int | None = None


def difference(
    where: Where, metric: str, first: Mapping[int, Values], second: Mapping[int, Values], left_out: Sequence[int] = ()
) -> Difference:
    """Of {seed: values by question}, `first` the variant's. Seeds that one has alone are left out and named, with `left_out` besides."""
    seeds = sorted(first.keys() & second.keys())
    apart = tuple(sorted({*left_out, *(first.keys() ^ second.keys())}))
    names = (where.setting, where.variant, where.against, metric, where.temperature, where.iteration)
    if not seeds:
        return Difference(*names, None, (), apart)
    table = np.array([first[seed] - second[seed] for seed in seeds])
    there = ~np.isnan(table).any(axis=0)
    if not there.any():
        return Difference(*names, None, (), tuple(sorted({*apart, *seeds})))
    return Difference(*names, estimate(table[:, there]), tuple(seeds), apart, int((~there).sum()))


def compared(where: Where, metric: Metric, variant: BySeed, against: BySeed) -> Difference:
    """At the iteration of `where`; a seed whose policy was not evaluated there is left out. Raises DataError where the numbers of samples differ."""
    sides = [points_at(cells, where.iteration or 0, where.temperature) for cells in (variant, against)]
    for seed in sides[0].keys() & sides[1].keys():
        drawn = [side[seed].samples for side in sides]
        if drawn[0] != drawn[1]:
            raise DataError(
                f"study: seed {seed} of {where.setting} has {drawn[0]} samples a question for {where.variant}, {drawn[1]} for {where.against}; "
                "make one of the two cells again"
            )
    first, second = ({seed: metric.values(point) for seed, point in side.items()} for side in sides)
    return difference(
        where,
        metric.name,
        first,
        second,
        [seed for seed in (*variant, *against) if not (seed in first and seed in second)],
    )


def points_at(cells: BySeed, iteration: int, temperature: float) -> dict[int, Point]:
    """{seed: point} of the cells that were evaluated so."""
    return {
        seed: p
        for seed, cell in cells.items()
        for p in cell.points
        if (p.iteration, p.temperature) == (iteration, temperature)
    }
