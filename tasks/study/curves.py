"""Curves of each variant over training: Pass@1, Pass@k and other metrics, mean over seeds, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.study.design import CellsBySeed
from tasks.study.metrics import Metric
from tasks.study.paired import points_at
from tasks.study.random_effects import Estimate, estimate_mean


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One evaluated iteration of a variant.

    `means` by the metric's name: each seed's mean over its questions is one number, so the intervals are for new seeds
    and the same questions (t with S - 1 degrees of freedom; none with one seed). `artifacts` [seeds]: the evaluations'
    keys.
    """

    iteration: int
    seeds: tuple[int, ...]
    means: Mapping[str, Estimate]
    artifacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A variant under one setting at one sampling temperature, over training."""

    setting: str
    variant: str
    temperature: float
    points: tuple[CurvePoint, ...]


def training_curve(
    setting: str, variant: str, temperature: float, metrics: Sequence[Metric], cells: CellsBySeed
) -> Curve:
    """Return a variant's curve. A metric that no seed has at an iteration is left out of that point's means."""
    iterations = sorted({p.iteration for cell in cells.values() for p in cell.points if p.temperature == temperature})
    points = []
    for iteration in iterations:
        evaluated = points_at(cells, iteration, temperature)
        means = {}
        for metric in metrics:
            values = [value for value in map(metric.mean, evaluated.values()) if value is not None]
            if values:
                means[metric.name] = mean_over_seeds(values)
        artifacts = tuple(point.artifact for point in evaluated.values())
        points.append(CurvePoint(iteration, tuple(evaluated), means, artifacts))
    return Curve(setting, variant, temperature, tuple(points))


def mean_over_seeds(values: Sequence[float]) -> Estimate:
    """Return the mean of `values` [seeds], at least one."""
    return estimate_mean(np.array(values)[:, None])
