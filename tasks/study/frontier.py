"""Where each variant went over training: Pass@1, Pass@k and what else is asked, mean over seeds, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.study.crossed import Estimate, estimate
from tasks.study.measures import Metric
from tasks.study.paired import points_at
from tasks.study.plan import BySeed


@dataclass(frozen=True, slots=True)
class Stop:
    """One evaluated iteration of a variant. `means` by metric's name: each seed's mean over its questions is one number, so the intervals are for new seeds
    and these questions (t, S - 1 degrees of freedom), none with one seed. `artifacts` [seeds]: the evaluations' keys."""

    iteration: int
    seeds: tuple[int, ...]
    means: Mapping[str, Estimate]
    artifacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    setting: str
    variant: str
    temperature: float
    stops: tuple[Stop, ...]


def curve(setting: str, variant: str, temperature: float, metrics: Sequence[Metric], cells: BySeed) -> Curve:
    """A metric that no seed has at an iteration is not among its means."""
    iterations = sorted({p.iteration for cell in cells.values() for p in cell.points if p.temperature == temperature})
    stops = []
    for iteration in iterations:
        points = points_at(cells, iteration, temperature)
        means = {}
        for metric in metrics:
            values = [value for value in map(metric.mean, points.values()) if value is not None]
            if values:
                means[metric.name] = over_seeds(values)
        stops.append(Stop(iteration, tuple(points), means, tuple(point.artifact for point in points.values())))
    return Curve(setting, variant, temperature, tuple(stops))


def over_seeds(values: Sequence[float]) -> Estimate:
    """[seeds], at least one."""
    return estimate(np.array(values)[:, None])
