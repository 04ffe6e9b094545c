"""Two variants where they are equal in something else: at equal Pass@1, and at equal compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from tasks.study.cells import Cell, Point
from tasks.study.measures import Metric, Values, pass_at
from tasks.study.paired import Difference, Where, difference
from tasks.study.plan import BySeed

SAME = 0.01  # relative; tokens that differ by less are equal compute


@dataclass(frozen=True, slots=True)
class Place:
    """One seed: the `level` (Pass@1, or tokens) and at which iterations the two paths are there."""

    seed: int
    level: float
    variant_at: float
    against_at: float


@dataclass(frozen=True, slots=True)
class AtEqual:
    """`places`: seeds that are compared. `differences` in the metrics asked for, at the places. `apart`: largest relative difference of the two's
    tokens in a seed (equal compute alone)."""

    places: tuple[Place, ...]
    differences: tuple[Difference, ...]
    apart: float | None = None


def at_equal_pass_1(where: Where, metrics: Sequence[Metric], variant: BySeed, against: BySeed) -> AtEqual:
    """Seed by seed, at the highest Pass@1 that both variants' paths over training reach.

    A path joins the means of neighbouring evaluations by straight lines. It need not rise all the way: the first place after the start counts at which it
    reaches the level from below. A seed in which one of the two never reaches the level from below is left out.

    The level is the weaker variant's best evaluation, and Pass@k there comes from the same samples: its luck is in both. The stronger one alone is
    interpolated, which lowers it where its path is concave. Both favour the weaker: these differences describe, and are not tested.
    """
    places = []
    for seed in variant.keys() & against.keys():
        paths = [path(cells[seed], where.temperature) for cells in (variant, against)]
        tops = [
            max((one for one in map(pass_at(1).mean, points[1:]) if one is not None), default=None) for points in paths
        ]
        if None in tops:
            continue
        level = min(top for top in tops if top is not None)
        first, second = (crossing(points, level) for points in paths)
        if first is not None and second is not None:
            places.append(Place(seed, level, first, second))
    return _at(where, metrics, variant, against, places)


def at_equal_compute(where: Where, metrics: Sequence[Metric], variant: BySeed, against: BySeed) -> AtEqual:
    """Seed by seed, after as many sampled tokens as the one with fewer has in all. A sampled token is passed forward and backward as often in
    both, so tokens are compute. A policy between two evaluations is interpolated linearly in iterations."""
    places, apart = [], 0.0
    for seed in variant.keys() & against.keys():
        cells = variant[seed], against[seed]
        if not all(path(cell, where.temperature) for cell in cells):
            continue
        level = float(min(cell.tokens for cell in cells))
        first, second = (after_tokens(cell, level) for cell in cells)
        places.append(Place(seed, level, first, second))
        apart = max(apart, abs(cells[0].tokens - cells[1].tokens) / max(level, 1.0))
    return _at(where, metrics, variant, against, places, apart if places else None)


def path(cell: Cell, temperature: float) -> list[Point]:
    """The cell's points at a temperature, in the order of training."""
    return sorted(
        (point for point in cell.points if point.temperature == temperature), key=lambda point: point.iteration
    )


def crossing(points: Sequence[Point], level: float) -> float | None:
    """The iteration, between evaluations by interpolation, at which Pass@1 first comes from below `level` up to it; None where it never does."""
    for before, after in pairwise(points):
        low, high = (pass_at(1).mean(point) for point in (before, after))
        if low is not None and high is not None and low < level <= high:
            return before.iteration + (level - low) / (high - low) * (after.iteration - before.iteration)
    return None


def after_tokens(cell: Cell, tokens: float) -> float:
    """The iteration at which the cell had sampled `tokens`. Tokens of an iteration: the total, shared by the mean response lengths (every iteration
    has as many responses); alike where those are not recorded."""
    lengths = cell.dynamics.get("response_length_mean", ())
    known = [length for length in lengths if length is not None]
    shares = known if len(known) == cell.iterations and sum(known) > 0 else [1.0] * cell.iterations
    whole = sum(shares)
    ends = [cell.tokens * part / whole for part in accumulate(shares, initial=0.0)]
    for place, (start, end) in enumerate(pairwise(ends)):
        if start <= tokens < end:
            return place + (tokens - start) / (end - start)
    return float(cell.iterations)


def values_at(points: Sequence[Point], iteration: float, metric: Metric) -> Values:
    """Question by question, between two evaluations by interpolation; before the first and after the last as there."""
    before = max((p for p in points if p.iteration <= iteration), key=lambda p: p.iteration, default=points[0])
    after = min((p for p in points if p.iteration >= iteration), key=lambda p: p.iteration, default=points[-1])
    if after.iteration == before.iteration:
        return metric.values(before)
    weight = (iteration - before.iteration) / (after.iteration - before.iteration)
    return (1 - weight) * metric.values(before) + weight * metric.values(after)


def _at(
    where: Where,
    metrics: Sequence[Metric],
    variant: BySeed,
    against: BySeed,
    places: Sequence[Place],
    apart: float | None = None,
) -> AtEqual:
    places = sorted(places, key=lambda place: place.seed)
    everyone = {*variant, *against} - {place.seed for place in places}
    found = []
    for metric in metrics:
        first = {
            place.seed: values_at(path(variant[place.seed], where.temperature), place.variant_at, metric)
            for place in places
        }
        second = {
            place.seed: values_at(path(against[place.seed], where.temperature), place.against_at, metric)
            for place in places
        }
        found.append(difference(where, metric.name, first, second, sorted(everyone)))
    return AtEqual(tuple(places), tuple(found), apart)
