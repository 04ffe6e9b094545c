"""The metrics of an evaluated policy, question by question if the cell has them so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tasks.evaluate.metrics.pass_at_k import pass_at_k
from tasks.study.cells import Point

Values = NDArray[np.float64]
"""[questions], NaN if a question has no value; [1] for a number that belongs to the whole policy."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of a point. `name`: as reports show it; `digits`: decimals in tables."""

    name: str
    values: Callable[[Point], Values]
    digits: int = 3

    def mean(self, point: Point) -> float | None:
        """Return the mean over the questions that have a value; None if there is none."""
        found = self.values(point)
        return None if np.isnan(found).all() else float(np.nanmean(found))


def pass_at(k: int) -> Metric:
    """Return unbiased Pass@k; a question with fewer than k judged samples has no value."""
    return Metric(f"Pass@{k}", lambda point: _pass_at(point.correct, point.judged, k))


def _distinct(point: Point) -> Values:
    return np.array(
        [float(n) if judged else np.nan for n, judged in zip(point.distinct_correct, point.judged, strict=True)]
    )


def _entropy(point: Point) -> Values:
    return np.array([np.nan if point.entropy is None else point.entropy])


DISTINCT = Metric("distinct correct answers", _distinct, 2)
ENTROPY = Metric("entropy, nats per token", _entropy)


def _pass_at(correct: Sequence[int], judged: Sequence[int], k: int) -> Values:
    return np.array([_cached_pass_at_k(n, c, k) if n >= k else np.nan for n, c in zip(judged, correct, strict=True)])


@lru_cache(maxsize=1 << 16)
def _cached_pass_at_k(n: int, c: int, k: int) -> float:
    return pass_at_k(n, c, k)
