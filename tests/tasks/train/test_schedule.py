from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.train.schedule import learning_rate


def rate(
    step: int,
    *,
    warmup: int = 0,
    schedule: str = "constant",
    decay: int | None = None,
    floor: float = 0.0,
    peak: float = 1.0,
) -> float:
    return learning_rate(step, peak=peak, warmup_steps=warmup, schedule=schedule, decay_steps=decay, min_ratio=floor)


def test_warm_up_is_linear_begins_above_zero_and_reaches_the_peak() -> None:
    assert [rate(k, warmup=4, peak=10.0) for k in range(7)] == pytest.approx([2, 4, 6, 8, 10, 10, 10])


def test_linear_and_cosine_decay() -> None:
    assert [rate(k, warmup=1, schedule="linear", decay=4, floor=0.2) for k in range(7)] == pytest.approx(
        [0.5, 1.0, 0.8, 0.6, 0.4, 0.2, 0.2]
    )
    half = 0.1 + 0.9 * 0.5
    found = [rate(k, schedule="cosine", decay=4, floor=0.1) for k in (0, 2, 4, 9)]
    assert found == pytest.approx([1.0, half, 0.1, 0.1])
    assert rate(1, schedule="cosine", decay=4) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)


@given(
    st.integers(0, 50),
    st.sampled_from(["constant", "linear", "cosine"]),
    st.integers(1, 100),
    st.floats(0, 1),
    st.integers(0, 300),
)
def test_it_rises_to_the_peak_and_never_again(warmup: int, schedule: str, decay: int, floor: float, step: int) -> None:
    now, after = (rate(s, warmup=warmup, schedule=schedule, decay=decay, floor=floor) for s in (step, step + 1))
    assert 0.0 <= now <= 1.0
    if step < warmup:
        assert 0.0 < now < after
    else:
        assert after <= now + 1e-15 and now >= floor - 1e-15
    assert rate(warmup, warmup=warmup, schedule=schedule, decay=decay, floor=floor) == pytest.approx(1.0)
