"""The mean of a table seeds x questions, for new seeds and new questions: crossed random effects.

Every seed meets every question, so neither the seeds' means nor the questions' means are the independent units alone. Of
y_sq = mu + a_s + b_q + e_sq the variance of the grand mean is estimated without bias by (MS_seeds + MS_questions - MS_error) / (S Q), the mean
squares of the two-way table (Searle, Casella & McCulloch 1992, Variance Components, section 4.3 for balanced data; with one degree-of-freedom correction
it is the two-way clustered variance of Cameron, Gelbach & Miller 2011). Its degrees of freedom are Satterthwaite's (1946).

Of few seeds that alone promises too much in the tails: where seeds vary most, and happen to look alike, MS_seeds is small and the degrees of freedom
are the questions'. Simulated under the null with 3 seeds, 200 questions and a seeds' deviation of 0.2 of the error's, p < 0.001 came 11 times too often;
with 2 seeds 35 times. So a claim must hold in that test and in the t-test over the seeds' means alone (S - 1 degrees of freedom), which in turn promises
too much where questions vary: `p` is the larger one, `interval` the wider. tests/tasks/study/test_crossed.py keeps the simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.study.student import quantile, two_sided

LEVEL = 0.95
Interval = tuple[float, float]
_ROUNDING = 1e-12  # relative to the largest value: spread below it is that of the last digits


@dataclass(frozen=True, slots=True)
class Estimate:
    """`by_seed` [seeds]: means over questions, whose mean is `mean`. `over_seeds`: 95 %, t with S - 1 degrees of freedom, for new seeds and these questions.
    `interval`, `error`, `df`, `p` (two-sided, against 0): for new seeds and new questions; of a table with one column (a number that a policy has no
    question for) over seeds. All of them are None with one seed: one seed says nothing of how seeds differ. Without any spread
    nothing is tested either, unless every value is 0 (p = 1)."""

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
        return len(self.by_seed)

    @property
    def t(self) -> float | None:
        """The mean in units of its standard error."""
        return None if self.error is None else self.mean / self.error if self.error else 0.0


def estimate(table: Sequence[Sequence[float]] | NDArray[np.float64]) -> Estimate:
    """`table` [seeds, questions], finite. Raises ValueError for a table without a number."""
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
        around = None if mean else (0.0, 0.0)
        return Estimate(mean, by_seed, questions, around, around, nothing, None, None if mean else 1.0)
    of_seeds, of_questions, of_error = mean_squares(y)
    alone = math.sqrt(of_seeds / y.size), float(seeds - 1)
    error, df = alone if questions < 2 else _both(of_seeds, of_questions, of_error, seeds, questions)
    tests = [(error, df), alone]
    halves = [deviation * quantile(LEVEL, freedom) for deviation, freedom in tests]
    return Estimate(
        mean,
        by_seed,
        questions,
        over_seeds=_around(mean, halves[1]),
        interval=_around(mean, max(halves)),
        error=error,
        df=df,
        p=max(_p(mean, *each) for each in tests),
    )


def mean_squares(y: NDArray[np.float64]) -> tuple[float, float, float]:
    """(seeds, questions, error) of a table [seeds, questions] with two or more rows; with one column only the first is not 0."""
    seeds, questions = y.shape
    rows, columns, centre = y.mean(axis=1), y.mean(axis=0), y.mean()
    of_seeds = float(questions * np.sum((rows - centre) ** 2) / (seeds - 1))
    if questions < 2:
        return of_seeds, 0.0, 0.0
    of_questions = float(seeds * np.sum((columns - centre) ** 2) / (questions - 1))
    rest = y - rows[:, None] - columns[None, :] + centre
    return of_seeds, of_questions, float(np.sum(rest**2) / ((seeds - 1) * (questions - 1)))


def _both(of_seeds: float, of_questions: float, of_error: float, seeds: int, questions: int) -> tuple[float, float]:
    """(standard error, degrees of freedom). A sum below one of its own parts means a negative variance component: that part is taken instead, and where
    both components are negative the error's."""
    total = max(of_seeds + of_questions - of_error, of_seeds, of_questions, of_error)
    spread = (
        of_seeds**2 / (seeds - 1) + of_questions**2 / (questions - 1) + of_error**2 / ((seeds - 1) * (questions - 1))
    )
    return math.sqrt(total / (seeds * questions)), max(total**2 / spread, 1.0)


def _around(mean: float, half: float) -> Interval:
    return mean - half, mean + half


def _p(mean: float, error: float, df: float) -> float:
    if error == 0.0:  # the seeds' means agree to the last digit: the other test decides
        return 0.0 if mean else 1.0
    return two_sided(mean / error, df)
