"""Paired comparisons: exact small cases, and the rate of false alarms."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import DataError
from tasks.evaluate.metrics.paired import compare
from tasks.evaluate.metrics.uncertainty import Z95

SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1)


def test_four_questions_by_hand() -> None:
    found = compare({"a": 0.0, "b": 0.75, "c": 0.5, "d": 1.0}, {"a": 0.5, "b": 0.5, "c": 0.75, "d": 1.0}, seed=1)
    assert (found.difference, found.questions) == (0.125, 4)  # 0.5, -0.25, 0.25, 0
    assert (found.gained_ids, found.lost_ids) == (("c",), ("b",))  # a half is not solved
    error = math.sqrt((0.375**2 + 0.375**2 + 0.125**2 + 0.125**2) / 3 / 4)
    assert found.normal_interval == pytest.approx((0.125 - Z95 * error, 0.125 + Z95 * error))
    assert found.interval is not None
    assert -0.25 <= found.interval[0] < 0.125 < found.interval[1] <= 0.5
    assert (found.regressed, found.improved) == (False, False)


@settings(max_examples=20, deadline=None)
@given(SCORES, st.integers(0, 5))
def test_a_policy_against_itself_differs_by_exactly_nothing(scores: dict[str, float], seed: int) -> None:
    found = compare(scores, dict(reversed(scores.items())), seed)
    assert (found.difference, found.interval) == (0.0, (0.0, 0.0) if len(scores) > 1 else None)
    assert (found.gained, found.lost, found.regressed, found.improved) == (0, 0, False, False)


@settings(max_examples=20, deadline=None)
@given(SCORES, SCORES)
def test_the_other_way_round_is_the_negative(first: dict[str, float], second: dict[str, float]) -> None:
    if not first.keys() & second.keys():
        return
    there, back = compare(first, second, 2, intersection=True), compare(second, first, 2, intersection=True)
    assert back.difference == -there.difference
    assert (back.gained_ids, back.lost_ids) == (there.lost_ids, there.gained_ids)
    assert (back.only_first, back.only_second) == (there.only_second, there.only_first)
    if there.interval is not None and back.interval is not None:
        assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]), abs=1e-9)


def test_a_clear_loss_is_a_regression_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    before = {f"q{i}": float(x) for i, x in enumerate(rng.random(40))}
    after = {name: value - 0.2 - 0.1 * float(rng.random()) for name, value in before.items()}
    found = compare(before, after, 0)
    assert (found.regressed, found.improved) == (True, False)
    assert compare(after, before, 0).improved
    assert compare(dict(reversed(before.items())), after, 0) == found
    said = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert (said["regressed"], said["questions"], said["interval"]) == (True, 40, list(found.interval or ()))


def test_other_questions_are_an_error_or_left_out_and_counted() -> None:
    first, second = {"a": 1.0, "b": 0.0, "c": 1.0}, {"b": 1.0, "c": 1.0, "d": 0.0, "e": 0.0}
    with pytest.raises(DataError, match=r"1 \(a\) only by the first, 2 \(d, e\) only by the second"):
        compare(first, second, 0)
    found = compare(first, second, 0, intersection=True)
    assert (found.questions, found.only_first, found.only_second, found.difference) == (2, 1, 2, 0.5)
    for given_both in ((first, {"z": 1.0}), ({}, {})):
        with pytest.raises(DataError, match="share no question"):
            compare(*given_both, 0, intersection=True)


def test_one_question_has_no_interval() -> None:
    found = compare({"a": 1.0}, {"a": 0.0}, 0)
    assert (found.difference, found.interval, found.normal_interval, found.regressed, found.lost) == (
        -1.0,
        None,
        None,
        False,
        1,
    )


def test_false_alarms_are_as_rare_as_a_95_per_cent_interval_says() -> None:
    """In 400 comparisons of equal policies (60 questions, 8 samples each) each side of the interval misses 2.5 %."""
    rng = np.random.default_rng(17)
    sides = np.zeros(2)
    for seed in range(400):
        chance = rng.beta(0.7, 0.7, 60)
        first, second = rng.binomial(8, chance) / 8, rng.binomial(8, chance) / 8
        found = compare(*({str(i): float(x) for i, x in enumerate(row)} for row in (first, second)), seed)
        sides += found.regressed, found.improved
    low, high = 3, 21  # a binomial of 400 at 0.025 is below or above in 1 of 200 draws
    assert all(low <= side <= high for side in sides), sides
