"""The mean of a table seeds x questions for new seeds and new questions: two-way random effects.

Every seed meets every question, so neither the seeds' means nor the questions' means are the only independent units.
In the model y_sq = mu + a_s + b_q + e_sq, (MS_seeds + MS_questions - MS_error) / (S Q) estimates the variance of the
grand mean without bias, where MS are the mean squares of the two-way table (Searle, Casella & McCulloch 1992, Variance
Components, section 4.3 for balanced data; with one correction for degrees of freedom it is the two-way clustered
variance of Cameron, Gelbach & Miller 2011). Satterthwaite (1946) gives its degrees of freedom.

With few seeds that test alone finds too many small p-values. If the seeds vary most and happen to agree, MS_seeds is
small and the degrees of freedom are those of the questions. In a simulation under the null hypothesis (3 seeds, 200
questions, deviation of the seeds 0.2 of the error's) p < 0.001 occurred 11 times too often, and with 2 seeds 35 times
too often. The t-test over the seeds' means (S - 1 degrees of freedom) finds too many if the questions vary. A claim
therefore has to hold in both tests: `p` is the larger of the two p-values and `interval` the wider interval.
tests/tasks/study/test_random_effects.py keeps the simulation.

The mean squares are computed here because statsmodels fits crossed random effects only by (restricted) maximum
likelihood, without degrees of freedom for few seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
Interval = tuple[float, float]
_ROUNDING = 1e-12  # relative to the largest value: a smaller spread comes from rounding


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its intervals and its test against 0.

    `by_seed` [seeds]: means over questions; their mean is `mean`. `over_seeds`: 95 % interval for new seeds and the
    same questions (t with S - 1 degrees of freedom). `interval`, `error`, `df`, `p` (two-sided): for new seeds and new
    questions. A table with one column (a number that has no questions, such as a policy's entropy) is tested over
    seeds alone.

    All of these are None with one seed, which says nothing about how seeds differ. A table without any spread is not
    tested either, unless every value is 0 (p = 1).
    """

    mean: float
    by_seed: tuple[float, ...]
    questions: int
    over_seeds: Interval | None = None
    interval: Interval | None = None
    error: float | None = None
    df: float | None = None
    p: float | None = None

    @property
    def seeds(self) -> int:
        """Return the number of seeds."""
        return len(self.by_seed)

    @property
    def t(self) -> float | None:
        """Return the mean in units of its standard error."""
        return None if self.error is None else self.mean / self.error if self.error else 0.0


def estimate_mean(table: Sequence[Sequence[float]] | NDArray[np.float64]) -> Estimate:
    """Estimate the mean of `table` [seeds, questions]. Raises ValueError if it is empty or not finite."""
    y = np.asarray(table, dtype=np.float64)
    if y.ndim != 2 or y.size == 0 or not np.isfinite(y).all():
        raise ValueError(f"want a table of finite numbers, seeds x questions, got shape {y.shape}")
    seeds, questions = y.shape
    by_seed = tuple(math.fsum(row) / questions for row in y.tolist())
    mean = math.fsum(by_seed) / seeds
    if seeds < 2:
        return Estimate(mean, by_seed, questions)
    if np.ptp(y, axis=None) <= _ROUNDING * np.abs(y).max(initial=0.0):
        nothing = None if mean else 0.0
        point = None if mean else (0.0, 0.0)
        return Estimate(mean, by_seed, questions, point, point, nothing, None, None if mean else 1.0)
    ms_seeds, ms_questions, ms_error = mean_squares(y)
    over_seeds = math.sqrt(ms_seeds / y.size), float(seeds - 1)
    error, df = over_seeds if questions < 2 else _two_way(ms_seeds, ms_questions, ms_error, seeds, questions)
    tests = [(error, df), over_seeds]
    halves = [deviation * _quantile(freedom) for deviation, freedom in tests]
    return Estimate(
        mean,
        by_seed,
        questions,
        over_seeds=_around(mean, halves[1]),
        interval=_around(mean, max(halves)),
        error=error,
        df=df,
        p=max(_p_value(mean, *each) for each in tests),
    )


def mean_squares(y: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean squares (seeds, questions, error) of a table [seeds, questions] with two rows or more.

    With one column only the first is not 0.
    """
    seeds, questions = y.shape
    rows, columns, centre = y.mean(axis=1), y.mean(axis=0), y.mean()
    ms_seeds = float(questions * np.sum((rows - centre) ** 2) / (seeds - 1))
    if questions < 2:
        return ms_seeds, 0.0, 0.0
    ms_questions = float(seeds * np.sum((columns - centre) ** 2) / (questions - 1))
    rest = y - rows[:, None] - columns[None, :] + centre
    return ms_seeds, ms_questions, float(np.sum(rest**2) / ((seeds - 1) * (questions - 1)))


def _two_way(ms_seeds: float, ms_questions: float, ms_error: float, seeds: int, questions: int) -> tuple[float, float]:
    """Return the standard error and Satterthwaite's degrees of freedom.

    A sum below one of its own parts means that a variance component is estimated as negative: that part is taken
    instead, and if both components are negative the error's.
    """
    total = max(ms_seeds + ms_questions - ms_error, ms_seeds, ms_questions, ms_error)
    spread = (
        ms_seeds**2 / (seeds - 1) + ms_questions**2 / (questions - 1) + ms_error**2 / ((seeds - 1) * (questions - 1))
    )
    return math.sqrt(total / (seeds * questions)), max(total**2 / spread, 1.0)


def _around(mean: float, half: float) -> Interval:
    return mean - half, mean + half


# scipy.stats.t calls these two functions as well; scipy.special alone is imported in half the time, and inside the
# functions because only a report needs it.


def _quantile(df: float) -> float:
    """Return the t with P(|T| <= t) = `CONFIDENCE`; `df` need not be whole."""
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + CONFIDENCE) / 2))


def _p_value(mean: float, error: float, df: float) -> float:
    """Return the two-sided p-value of a mean against 0."""
    from scipy.special import stdtr

    if error == 0.0:  # the seeds' means agree to the last digit, so the other test decides
        return 0.0 if mean else 1.0
    return float(2 * stdtr(df, -abs(mean / error)))
