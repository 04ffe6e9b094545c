"""Differences of two variants, paired by seed and by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.errors import DataError
from tasks.study.cells import Point
from tasks.study.design import CellsBySeed
from tasks.study.metrics import Metric, Values
from tasks.study.random_effects import Estimate, estimate_mean

ONE_SEED = "one seed: no claim"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two variants under one setting at one sampling temperature.

    `iteration` is None if the policies are compared at equal Pass@1 or at equal compute instead.
    """

    setting: str
    variant: str
    against: str
    temperature: float
    iteration: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference variant - against in one metric.

    `seeds`: those that both variants have; `seeds_left_out`: those that only one of the two has. `questions_left_out`:
    the number of questions that have no value in some cell. `estimate` is None without a common seed or question.
    """

    comparison: Comparison
    metric: str
    estimate: Estimate | None
    seeds: tuple[int, ...]
    seeds_left_out: tuple[int, ...]
    questions_left_out: int = 0

    @property
    def p(self) -> float | None:
        """Return the p-value, not adjusted; None if nothing could be tested."""
        return None if self.estimate is None else self.estimate.p

    @property
    def remark(self) -> str:
        """Return the reason why nothing may be claimed; empty if there is none."""
        if self.estimate is None:
            return "no seed, or no question, has both"
        if self.estimate.seeds == 1:
            return ONE_SEED
        return "" if self.p is not None else "no spread: not tested"


def difference(
    comparison: Comparison,
    metric: str,
    variant: Mapping[int, Values],
    against: Mapping[int, Values],
    left_out: Sequence[int] = (),
) -> Difference:
    """Return the difference of two variants' values {seed: [questions]}.

    Seeds that only one of the two has are left out and named, as are those of `left_out`.
    """
    seeds = sorted(variant.keys() & against.keys())
    unpaired = tuple(sorted({*left_out, *(variant.keys() ^ against.keys())}))
    if not seeds:
        return Difference(comparison, metric, None, (), unpaired)
    table = np.array([variant[seed] - against[seed] for seed in seeds])
    there = ~np.isnan(table).any(axis=0)
    if not there.any():
        return Difference(comparison, metric, None, (), tuple(sorted({*unpaired, *seeds})))
    return Difference(comparison, metric, estimate_mean(table[:, there]), tuple(seeds), unpaired, int((~there).sum()))


def paired_difference(comparison: Comparison, metric: Metric, variant: CellsBySeed, against: CellsBySeed) -> Difference:
    """Return the difference at the comparison's iteration.

    A seed whose policy was not evaluated there is left out. Raises DataError if the two policies of a seed have
    different numbers of samples per question.
    """
    sides = [points_at(cells, comparison.iteration or 0, comparison.temperature) for cells in (variant, against)]
    for seed in sides[0].keys() & sides[1].keys():
        drawn = [side[seed].samples for side in sides]
        if drawn[0] != drawn[1]:
            raise DataError(
                f"study: seed {seed} of {comparison.setting} has {drawn[0]} samples a question for "
                f"{comparison.variant}, {drawn[1]} for {comparison.against}; make one of the two cells again"
            )
    first, second = ({seed: metric.values(point) for seed, point in side.items()} for side in sides)
    left_out = [seed for seed in (*variant, *against) if not (seed in first and seed in second)]
    return difference(comparison, metric.name, first, second, left_out)


def points_at(cells: CellsBySeed, iteration: int, temperature: float) -> dict[int, Point]:
    """Return {seed: point} of the cells that were evaluated at this iteration and temperature."""
    return {
        seed: point
        for seed, cell in cells.items()
        for point in cell.points
        if (point.iteration, point.temperature) == (iteration, temperature)
    }
