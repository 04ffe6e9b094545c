"""Two variants compared at equal Pass@1 and at equal compute, in place of the same iteration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from tasks.study.cells import Cell, Point
from tasks.study.design import CellsBySeed
from tasks.study.metrics import Metric, Values, pass_at
from tasks.study.paired import Comparison, Difference, difference

EQUAL_COMPUTE = 0.01  # relative; tokens that differ by less count as equal compute


@dataclass(frozen=True, slots=True)
class MatchedSeed:
    """One seed: the `level` (Pass@1, or tokens) and the iterations at which the two variants are there."""

    seed: int
    level: float
    variant_at: float
    against_at: float


@dataclass(frozen=True, slots=True)
class Matched:
    """A comparison at matched policies.

    `seeds`: the seeds that are compared. `differences`: in each metric that was asked for. `token_difference`: the
    largest relative difference of the two variants' tokens in a seed (at equal compute only).
    """

    comparison: Comparison
    seeds: tuple[MatchedSeed, ...]
    differences: tuple[Difference, ...]
    token_difference: float | None = None


def match_pass_1(
    comparison: Comparison, metrics: Sequence[Metric], variant: CellsBySeed, against: CellsBySeed
) -> Matched:
    """Compare two variants, seed by seed, at the highest Pass@1 that both reach in training.

    Between evaluations Pass@1 is interpolated linearly. It need not rise all the way: the first iteration after the
    start counts at which it reaches the level from below. A seed in which a variant never does is left out.

    The level is the weaker variant's best evaluation, and Pass@k there comes from the same samples, so its luck is in
    both numbers. Only the stronger variant is interpolated, which lowers it if its curve is concave. Both effects
    favour the weaker variant: these differences are described, not tested.
    """
    seeds = []
    for seed in variant.keys() & against.keys():
        sides = [trajectory(cells[seed], comparison.temperature) for cells in (variant, against)]
        best = [
            max((value for value in map(pass_at(1).mean, points[1:]) if value is not None), default=None)
            for points in sides
        ]
        if best[0] is None or best[1] is None:
            continue
        level = min(best[0], best[1])
        first, second = (first_crossing(points, level) for points in sides)
        if first is not None and second is not None:
            seeds.append(MatchedSeed(seed, level, first, second))
    return _matched(comparison, metrics, variant, against, seeds)


def match_compute(
    comparison: Comparison, metrics: Sequence[Metric], variant: CellsBySeed, against: CellsBySeed
) -> Matched:
    """Compare two variants, seed by seed, after as many sampled tokens as the one with fewer has in all.

    Every variant passes a sampled token forward and backward equally often, so tokens measure compute. A policy between
    two evaluations is interpolated linearly in iterations.
    """
    seeds, largest = [], 0.0
    for seed in variant.keys() & against.keys():
        cells = variant[seed], against[seed]
        if not all(trajectory(cell, comparison.temperature) for cell in cells):
            continue
        level = float(min(cell.tokens for cell in cells))
        first, second = (iteration_at_tokens(cell, level) for cell in cells)
        seeds.append(MatchedSeed(seed, level, first, second))
        largest = max(largest, abs(cells[0].tokens - cells[1].tokens) / max(level, 1.0))
    return _matched(comparison, metrics, variant, against, seeds, largest if seeds else None)


def trajectory(cell: Cell, temperature: float) -> list[Point]:
    """Return the cell's points at a temperature, in the order of training."""
    points = (point for point in cell.points if point.temperature == temperature)
    return sorted(points, key=lambda point: point.iteration)


def first_crossing(points: Sequence[Point], level: float) -> float | None:
    """Return the first iteration, by interpolation, at which Pass@1 rises to `level`; None if it never does."""
    for before, after in pairwise(points):
        low, high = (pass_at(1).mean(point) for point in (before, after))
        if low is not None and high is not None and low < level <= high:
            return before.iteration + (level - low) / (high - low) * (after.iteration - before.iteration)
    return None


def iteration_at_tokens(cell: Cell, tokens: float) -> float:
    """Return the iteration, by interpolation, at which the cell had sampled `tokens`.

    The total is divided over the iterations by their mean response lengths, since every iteration has as many
    responses; if those are not recorded, equally.
    """
    lengths = cell.dynamics.get("response_length_mean", ())
    known = [length for length in lengths if length is not None]
    shares = known if len(known) == cell.iterations and sum(known) > 0 else [1.0] * cell.iterations
    total = sum(shares)
    ends = [cell.tokens * part / total for part in accumulate(shares, initial=0.0)]
    for iteration, (start, end) in enumerate(pairwise(ends)):
        if start <= tokens < end:
            return iteration + (tokens - start) / (end - start)
    return float(cell.iterations)


def interpolated_values(points: Sequence[Point], iteration: float, metric: Metric) -> Values:
    """Return the metric question by question, linear between two evaluations and constant beyond the first and last."""
    before = max((p for p in points if p.iteration <= iteration), key=lambda p: p.iteration, default=points[0])
    after = min((p for p in points if p.iteration >= iteration), key=lambda p: p.iteration, default=points[-1])
    if after.iteration == before.iteration:
        return metric.values(before)
    weight = (iteration - before.iteration) / (after.iteration - before.iteration)
    return (1 - weight) * metric.values(before) + weight * metric.values(after)


def _matched(
    comparison: Comparison,
    metrics: Sequence[Metric],
    variant: CellsBySeed,
    against: CellsBySeed,
    seeds: Sequence[MatchedSeed],
    token_difference: float | None = None,
) -> Matched:
    seeds = sorted(seeds, key=lambda each: each.seed)
    left_out = sorted({*variant, *against} - {each.seed for each in seeds})

    def values(cells: CellsBySeed, seed: int, iteration: float, metric: Metric) -> Values:
        return interpolated_values(trajectory(cells[seed], comparison.temperature), iteration, metric)

    differences = [
        difference(
            comparison,
            metric.name,
            {each.seed: values(variant, each.seed, each.variant_at, metric) for each in seeds},
            {each.seed: values(against, each.seed, each.against_at, metric) for each in seeds},
            left_out,
        )
        for metric in metrics
    ]
    return Matched(comparison, tuple(seeds), tuple(differences), token_difference)
