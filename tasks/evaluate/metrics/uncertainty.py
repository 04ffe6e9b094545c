"""Standard errors of a mean score.

Questions are the unit, because the samples of one question are not independent (Miller 2024, arXiv 2411.00640).
`scores` [questions][samples] may have a different number of samples for each question. Sums are exact (math.fsum), so
that the order of questions changes no digit of what is stored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev, variance

Z95 = 1.959964  # two-sided 95 % point of the normal distribution


def mean(scores: Sequence[Sequence[float]]) -> float:
    """Return the mean over all samples. Raises ValueError if there is none."""
    flat = [value for row in scores for value in row]
    if not flat:
        raise ValueError("no scores")
    return math.fsum(flat) / len(flat)


def clustered_standard_error(scores: Sequence[Sequence[float]]) -> float | None:
    """Return the standard error of `mean` clustered by question, with the C / (C - 1) correction.

    With equally many samples for each question it is the standard error of the questions' means. None for fewer than
    two questions.
    """
    clusters, n, centre = len(scores), sum(map(len, scores)), mean(scores)
    if clusters < 2:
        return None
    squares = math.fsum(math.fsum(value - centre for value in row) ** 2 for row in scores)
    return math.sqrt(clusters / (clusters - 1) * squares) / n


def naive_standard_error(scores: Sequence[Sequence[float]]) -> float | None:
    """Return the standard error as if all samples were independent, which is too small; None for fewer than two."""
    flat = [value for row in scores for value in row]
    return None if len(flat) < 2 else stdev(flat) / math.sqrt(len(flat))


def sampling_variance(scores: Sequence[Sequence[float]]) -> float | None:
    """Return the variance of the mean over questions that comes from sampling answers to the given questions.

    It is the mean over questions of s^2 / K, divided by the number of questions. None if a question has a single
    sample.
    """
    if any(len(row) < 2 for row in scores):
        return None
    return math.fsum(variance(row) / len(row) for row in scores) / len(scores) ** 2


def normal_interval(scores: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean by the clustered standard error; None for fewer than two questions."""
    error, centre = clustered_standard_error(scores), mean(scores)
    return None if error is None else (centre - Z95 * error, centre + Z95 * error)
