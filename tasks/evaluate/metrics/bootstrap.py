"""Bootstrap intervals of a mean over questions.

Questions are resampled, never samples, because the samples of one question are not independent.

By hand, because scipy.stats.bootstrap either draws the resamples anew for each column (five times the work for Pass@k
of every k), or sums several columns in an order whose last digit decides ties (0.01 in an interval), and because
stored evaluations hold these digits. The tests compare each column with scipy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 9_999
LEVEL = 0.95
_AT_ONCE = 1_000_000  # drawn indices held in memory at a time
_ROUNDING = 1e-12  # scores that differ by less are equal: 0.3 - 0.1 and 0.2 - 0

Interval = tuple[float, float]


def bootstrap_intervals(values: Sequence[Sequence[float]] | NDArray[np.float64], seed: int) -> list[Interval | None]:
    """Return 95 % intervals of the columns' means: BCa, bias-corrected and accelerated.

    `values` [questions, columns], for example Pass@k for every k. All columns share the same 9,999 resamples of the
    questions, which only `seed` decides. Each interval equals `scipy.stats.bootstrap(method="BCa", n_resamples=9999)`
    of its column with that seed as its `rng`. The method is that of Efron 1987; Efron & Tibshirani 1993, equations
    14.9 to 14.15.

    A column has no interval (None) with fewer than two questions, which say nothing about how questions differ. If all
    its questions are equal (within 1e-12), the interval is that point, the only mean that resampling can give. Raises
    ValueError for a value that is not finite.
    """
    table = np.ascontiguousarray(np.asarray(values, dtype=np.float64).T)
    if table.size == 0:
        return [None] * len(table)
    if not np.isfinite(table).all():
        raise ValueError("a bootstrap interval needs finite values")
    questions = table.shape[1]
    if questions < 2:
        return [None] * len(table)
    means = _resampled_means(table, seed)
    return [_bca(column, drawn) for column, drawn in zip(table, means, strict=True)]


def bootstrap_interval(values: Sequence[float], seed: int) -> Interval | None:
    """Return the interval of a single column; `values` [questions]."""
    return bootstrap_intervals([[value] for value in values], seed)[0] if len(values) else None


def _resampled_means(table: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return the means [columns, resamples].

    They are summed along the questions as scipy does it, because the last digit decides whether a resample ties with
    the data.
    """
    columns, questions = table.shape
    generator = np.random.default_rng(seed)
    means = np.empty((columns, RESAMPLES))
    rows = max(1, _AT_ONCE // questions)
    for start in range(0, RESAMPLES, rows):
        drawn = generator.integers(0, questions, (min(rows, RESAMPLES - start), questions))
        for column in range(columns):
            means[column, start : start + rows] = table[column][drawn].mean(axis=-1)
    return means


def _bca(values: NDArray[np.float64], means: NDArray[np.float64]) -> Interval:
    if np.ptp(values) <= _ROUNDING:
        return float(values.min()), float(values.max())
    centre, normal = values.mean(), NormalDist()
    below = (np.count_nonzero(means < centre) + np.count_nonzero(means <= centre)) / (2 * len(means))
    bias = normal.inv_cdf(below)
    apart = values - centre
    # for a mean, the jackknife's formula comes down to this
    acceleration = float(np.sum(apart**3) / (6 * np.sum(apart**2) ** 1.5))
    levels = []
    for level in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        shifted = bias + normal.inv_cdf(level)
        levels.append(normal.cdf(bias + shifted / (1 - acceleration * shifted)))
    low, high = np.quantile(means, levels)
    return float(low), float(high)
