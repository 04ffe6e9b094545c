"""Means of a table seeds x questions: tables by hand, invariances, and the coverage of intervals (a simulation)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats

from tasks.study.random_effects import estimate_mean, mean_squares

TABLES = arrays(
    np.float64, st.tuples(st.integers(2, 5), st.integers(2, 9)), elements=st.integers(-32, 32).map(lambda n: n / 32)
)


def test_two_seeds_and_three_questions_by_hand() -> None:
    """The rows 0 2 4 and 2 3 7 have the means 2 and 4, the columns 1, 2.5 and 5.5, and all the mean 3.

    Mean squares: seeds 3 (1 + 1) = 6; questions 2 (4 + 0.25 + 6.25) / 2 = 10.5; error, from the residuals 0, 0.5, -0.5
    and their negatives, 4 * 0.25 / 2 = 0.5.
    """
    table = np.array([[0.0, 2.0, 4.0], [2.0, 3.0, 7.0]])
    assert mean_squares(table) == pytest.approx((6.0, 10.5, 0.5))
    found = estimate_mean(table)
    assert (found.mean, found.by_seed, found.seeds, found.questions) == (3.0, (2.0, 4.0), 2, 3)
    assert found.error == pytest.approx(math.sqrt(16 / 6))
    assert found.df == pytest.approx(256 / (36 + 110.25 / 2 + 0.25 / 2))
    t1 = stats.t.ppf(0.975, 1)
    assert found.over_seeds == pytest.approx((3 - t1, 3 + t1))
    assert found.interval is not None
    assert found.interval[1] - 3 == pytest.approx(max(t1, stats.t.ppf(0.975, found.df) * math.sqrt(16 / 6)))
    assert found.p == pytest.approx(max(2 * stats.t.sf(3.0, 1), 2 * stats.t.sf(3 / math.sqrt(16 / 6), found.df)))


def test_one_column_is_the_t_test_over_seeds() -> None:
    values = [0.1, 0.4, 0.2, 0.5]
    found = estimate_mean([[value] for value in values])
    assert found.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert found.interval == found.over_seeds
    assert found.df == 3


def test_one_seed_claims_nothing() -> None:
    found = estimate_mean([[0.9, 1.0, 0.8, 0.95, 1.0, 0.9]])
    assert found.mean == pytest.approx(0.925)
    assert (found.over_seeds, found.interval, found.error, found.p, found.t) == (None,) * 5


def test_without_spread_nothing_is_tested_but_equality() -> None:
    same = estimate_mean(np.zeros((3, 4)))
    assert (same.mean, same.interval, same.p, same.t) == (0.0, (0.0, 0.0), 1.0, 0.0)
    shifted = estimate_mean(np.full((3, 4), 0.25))
    assert (shifted.mean, shifted.interval, shifted.p) == (0.25, None, None)
    with pytest.raises(ValueError, match="seeds x questions"):
        estimate_mean([[math.nan]])


def test_equal_means_of_seeds_and_of_questions_are_no_certainty() -> None:
    """The mean squares of seeds and of questions are 0, that of the error is 1."""
    found = estimate_mean([[1.0, 0.0], [0.0, 1.0]])
    assert (found.mean, found.error) == (0.5, 0.5)
    assert found.p is not None and found.p > 0.05 and found.interval is not None and found.interval[0] < 0.0


@settings(max_examples=60, deadline=None)
@given(TABLES, st.randoms())
def test_signs_and_orders(table: NDArray[np.float64], chance: Any) -> None:
    """A negative table has the negative interval, and the order of seeds and questions changes nothing.

    The interval over seeds lies within the one that is reported.
    """
    there, back = estimate_mean(table), estimate_mean(-table)
    rows, columns = list(range(len(table))), list(range(table.shape[1]))
    chance.shuffle(rows)
    chance.shuffle(columns)
    shuffled = estimate_mean(table[rows][:, columns])
    assert back.mean == -there.mean
    assert shuffled.mean == pytest.approx(there.mean, abs=1e-12)
    if there.interval is None or there.over_seeds is None or there.p is None:
        return
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))
    assert back.p == pytest.approx(there.p)
    assert shuffled.interval == pytest.approx(there.interval, abs=1e-9)
    assert shuffled.p == pytest.approx(there.p, abs=1e-9)
    assert there.interval[0] <= there.over_seeds[0] <= there.mean <= there.over_seeds[1] <= there.interval[1]
    if abs(there.p - 0.05) > 1e-6:
        assert (there.p < 0.05) == (not there.interval[0] <= 0.0 <= there.interval[1])


@pytest.mark.proof
@pytest.mark.timeout(1800)  # for a busy machine: it takes half a minute of one idle core
def test_the_coverage_of_the_interval(record_property: Any) -> None:
    """95 % intervals cover the mean, and p < 0.001 is as rare as it says, under normal effects.

    200 questions; the deviation of the error (seed x question and sampling) is 1; 4,000 tables of each kind, drawn with
    fixed seeds. Neither of the two tests alone is enough, which is why both have to agree.
    """
    worst, tail = 1.0, 0.0
    generator = np.random.default_rng(7)
    for seeds in (2, 3, 5, 8):
        for seed_deviation, question_deviation in (
            (0.0, 0.0),
            (0.0, 0.3),
            (0.05, 0.3),
            (0.1, 0.3),
            (0.2, 0.3),
            (0.05, 1.0),
        ):
            found = [
                estimate_mean(
                    generator.normal(0, seed_deviation, (seeds, 1))
                    + generator.normal(0, question_deviation, (1, 200))
                    + generator.normal(0, 1, (seeds, 200))
                )
                for _ in range(4000)
            ]
            covered = sum(
                each.interval is not None and each.interval[0] <= 0.0 <= each.interval[1] for each in found
            ) / len(found)
            small = sum(each.p is not None and each.p < 0.001 for each in found) / len(found)
            record_property(
                f"{seeds} seeds, deviations {seed_deviation} and {question_deviation}",
                f"coverage {covered:.3f}, p < 0.001 in {small:.4f}",
            )
            worst, tail = min(worst, covered), max(tail, small)
    record_property("worst coverage", round(worst, 4))
    record_property("largest share of p < 0.001", round(tail, 5))
    assert worst > 0.94  # three standard errors of a share of 4,000 below 0.95
    assert tail < 0.003
