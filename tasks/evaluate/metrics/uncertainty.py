"""Standard errors of a mean score. Questions are the unit: samples of one question are not independent (Miller 2024, arXiv 2411.00640)."""

from __future__ import annotations

import math
from collections.abc import Sequence

Z95 = 1.959964  # two-sided 95 % point of the normal distribution


def mean(scores: Sequence[Sequence[float]]) -> float:
    """Mean over all samples; `scores`: a row of samples for each question."""
    flat = [value for row in scores for value in row]
    if not flat:
        raise ValueError("no scores")
    return math.fsum(flat) / len(flat)


def clustered_standard_error(scores: Sequence[Sequence[float]]) -> float | None:
    """Standard error of `mean` clustered by question, with the C / (C - 1) correction; None for fewer than two questions.

    With equally many samples a question it is the standard error of the questions' means.
    """
    clusters, n, centre = len(scores), sum(map(len, scores)), mean(scores)
    if clusters < 2:
        return None
    return (
        math.sqrt(
            clusters / (clusters - 1) * math.fsum(math.fsum(value - centre for value in row) ** 2 for row in scores)
        )
        / n
    )


def naive_standard_error(scores: Sequence[Sequence[float]]) -> float | None:
    """As if all samples were independent; too small. None for fewer than two samples."""
    flat, centre = [value for row in scores for value in row], mean(scores)
    if len(flat) < 2:
        return None
    return math.sqrt(math.fsum((value - centre) ** 2 for value in flat) / (len(flat) - 1) / len(flat))


def sampling_variance(scores: Sequence[Sequence[float]]) -> float | None:
    """Variance of the mean over questions that comes from sampling answers, the questions given: mean over questions of s^2 / K, over the
    number of questions. None where a question has a single sample."""
    if any(len(row) < 2 for row in scores):
        return None
    parts = []
    for row in scores:
        centre = math.fsum(row) / len(row)
        parts.append(math.fsum((value - centre) ** 2 for value in row) / (len(row) - 1) / len(row))
    return math.fsum(parts) / len(scores) ** 2


def normal_interval(scores: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """95 % interval of the mean by the clustered standard error."""
    error, centre = clustered_standard_error(scores), mean(scores)
    return None if error is None else (centre - Z95 * error, centre + Z95 * error)
