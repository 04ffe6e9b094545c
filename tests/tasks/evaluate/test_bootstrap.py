"""Bootstrap intervals against scipy's, and their invariances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tasks.evaluate.metrics import bootstrap
from tasks.evaluate.metrics.bootstrap import RESAMPLES, bootstrap_interval, bootstrap_intervals
from tasks.evaluate.metrics.pass_at_k import pass_at_k

DATA = np.random.default_rng(5)
SOLVED = DATA.binomial(8, DATA.beta(0.5, 1.0, 30))


@pytest.mark.parametrize("seed", [0, 11])
@pytest.mark.parametrize(
    "values",
    [
        [0.0, 1.0],
        [1.0, *[0.0] * 19],
        [0.1, 0.2, 0.2, 0.7],
        (DATA.random(30) < 0.3).astype(float).tolist(),
        DATA.exponential(size=67).tolist(),
        [pass_at_k(8, int(c), 3) for c in SOLVED],
    ],
)
def test_equals_scipy_with_the_same_seed(values: list[float], seed: int) -> None:
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(seed)
    ).confidence_interval
    assert bootstrap_interval(values, seed) == pytest.approx((theirs.low, theirs.high), rel=0, abs=1e-9)


def test_columns_share_their_resamples_and_are_those_of_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [[pass_at_k(8, int(c), k) for c in SOLVED] for k in range(1, 9)]
    table = np.array(columns).T
    alone = [bootstrap_interval(column, 3) for column in columns]
    assert bootstrap_intervals(table, 3) == alone
    assert bootstrap_intervals(table, 4) != alone
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 1_000)  # many blocks of rows: the same draws
    assert bootstrap_intervals(table, 3) == alone


def test_a_shift_and_a_scale_carry_over() -> None:
    values = [0.25, 0.5, 0.0, 1.0, 0.75, 0.0, 0.5]
    low, high = bootstrap_interval(values, 1) or (0.0, 0.0)
    assert low < np.mean(values) < high
    assert bootstrap_interval([2.0 * x + 3.0 for x in values], 1) == pytest.approx(
        (2.0 * low + 3.0, 2.0 * high + 3.0), abs=1e-12
    )


def test_columns_that_cannot_vary_are_none_or_a_point() -> None:
    assert bootstrap_interval([], 0) is None
    assert bootstrap_interval([0.7], 0) is None
    assert bootstrap_interval([0.1] * 7, 0) == (0.1, 0.1)
    assert bootstrap_interval([0.3 - 0.1, 0.2, 0.2], 0) == (0.3 - 0.1, 0.2)
    assert bootstrap_intervals([[0.1, 0.0], [0.1, 1.0]], 0) == [(0.1, 0.1), bootstrap_interval([0.0, 1.0], 0)]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        bootstrap_interval([0.0, bad], 0)
