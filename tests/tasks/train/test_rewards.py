"""From terms to advantages: against NumPy written from the formulas, and by properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.advantages import Grpo
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.registry import estimator_of
from tasks.train.batch import GroupBatch
from tasks.train.rewards import decoupled, rewarded
from tasks.train.settings import RewardWeights
from tests.tasks.train.tools import SPEC, changed, policy, rollouts, run

WEIGHTS = {"correct": 1.0, "format": 0.5, "length": -0.25}
Value = float | None


def batch_of(scores: list[list[Value]], terms: list[list[dict[str, Value]]]) -> tuple[GroupBatch, Groups]:
    batch = replace(rollouts(prompts=len(scores), samples=len(scores[0])), scores=scores, terms=terms)
    lengths = torch.tensor([[len(r) for r in group] for group in batch.response_ids])
    return batch, Groups.of(*batch.score_tensors(), lengths, correct_at=1.0)


def reward(**changes: Any) -> RewardWeights:
    return replace(RewardWeights("correct", WEIGHTS, "sum_then_normalize"), **changes)


values = st.one_of(st.none(), st.floats(-2, 2, width=32))


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[list[Value]], list[list[dict[str, Value]]]]:
    prompts, samples = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    scores = [[draw(st.sampled_from([None, 0.0, 1.0])) for _ in range(samples)] for _ in range(prompts)]
    terms = [[{"format": draw(values), "length": draw(values)} for _ in range(samples)] for _ in range(prompts)]
    return scores, terms


@settings(max_examples=60, deadline=None)
@given(batches())
def test_the_sum_is_that_of_the_terms_that_apply(drawn: tuple[Any, Any]) -> None:
    scores, terms = drawn
    batch, outcomes = batch_of(scores, terms)
    groups = rewarded(batch, outcomes, reward())
    for g, group in enumerate(scores):
        for i, score in enumerate(group):
            found = {"correct": score, **terms[g][i]}
            wanted = sum(WEIGHTS[name] * value for name, value in found.items() if value is not None)
            assert groups.scores[g, i].item() == pytest.approx(0.0 if score is None else wanted, abs=1e-12)
    assert torch.equal(groups.correct, outcomes.correct) and torch.equal(groups.judged, outcomes.judged)


def advantages_of(values: list[Value], eps: float) -> np.ndarray:
    """Subtract the mean and divide by the standard deviation of what applies; 0 elsewhere and for fewer than two."""
    known = np.array([v for v in values if v is not None])
    if len(known) < 2:
        return np.zeros(len(values))
    return np.array([0.0 if v is None else (v - known.mean()) / (known.std(ddof=1) + eps) for v in values])


@settings(max_examples=60, deadline=None)
@given(batches())
def test_decoupled_normalisation_is_gdpos(drawn: tuple[Any, Any]) -> None:
    scores, terms = drawn
    batch, outcomes = batch_of(scores, terms)
    found = decoupled(estimator_of(Grpo(eps=1e-4)), batch, outcomes, reward()).numpy()
    judged = np.array([[s is not None for s in group] for group in scores])
    total = np.zeros(judged.shape)
    for name, weight in WEIGHTS.items():
        of_term = [
            [None if s is None else s if name == "correct" else terms[g][i][name] for i, s in enumerate(group)]
            for g, group in enumerate(scores)
        ]
        total += weight * np.array([advantages_of(group, 1e-4) for group in of_term])
    counted = judged & (judged.sum(-1, keepdims=True) >= 2)
    kept = total[counted]
    wanted = np.zeros(judged.shape)
    if len(kept) > 1:
        wanted[counted] = (kept - kept.mean()) / (kept.std(ddof=1) + 1e-4)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_terms_of_different_scales_count_alike_only_when_decoupled() -> None:
    """A term of large values drowns the others in a sum; decoupled, its scale does not matter."""
    scores: list[list[Value]] = [[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]]

    def advantages(scale: float, aggregate: Any) -> torch.Tensor:
        terms = [[{"format": scale * (i % 3), "length": None} for i in range(4)] for _ in range(2)]
        batch, outcomes = batch_of(scores, terms)
        made, estimator = reward(aggregate=aggregate), estimator_of(Grpo(eps=1e-9))
        if aggregate == "normalize_then_sum":
            return decoupled(estimator, batch, outcomes, made)
        return estimator.base(rewarded(batch, outcomes, made))

    assert torch.allclose(advantages(1.0, "normalize_then_sum"), advantages(100.0, "normalize_then_sum"), atol=1e-6)
    assert not torch.allclose(advantages(1.0, "sum_then_normalize"), advantages(100.0, "sum_then_normalize"), atol=0.1)


def trained(**changes: Any) -> Any:
    scores: list[list[Value]] = [[1.0, 0.0, None, 1.0, 0.0], *[[0.0] * 5] * 5]
    terms = [[{"format": float(i == g), "length": None} for i in range(5)] for g in range(6)]
    batch = replace(rollouts(), scores=scores, terms=terms)
    spec = changed(SPEC, estimator="dr_grpo", reward=reward(weights={"correct": 1.0, "format": 0.5}, **changes))
    return run(policy(), batch, spec)


def test_an_iteration_trains_on_the_reward_and_reports_the_outcome() -> None:
    """Dr. GRPO's advantage is R - mean(R): a group of wrong answers learns the format from the term alone."""
    done = trained()
    rows = {(row["problem_id"], row["sample"]): row["advantage"] for row in done.result["responses"]}
    assert rows["p1", 1] == pytest.approx(0.5 - 0.1) and rows["p1", 0] == pytest.approx(-0.1)
    assert done.result["metrics"]["reward_mean"] == pytest.approx(2 / 29), "of the outcome, 29 responses judged"
    assert done.result["metrics"]["reward_sum_mean"] == pytest.approx((2 + 0.5 * 5) / 29)
    assert done.result["metrics"]["all_wrong_share"] == pytest.approx(5 / 6), "a group filter reads the outcome"


def test_an_iteration_of_decoupled_terms_has_a_standard_deviation_of_1() -> None:
    done = trained(aggregate="normalize_then_sum")
    values = np.array([row["advantage"] for row in done.result["responses"] if row["judged"]])
    assert abs(values.mean()) < 1e-9 and values.std(ddof=1) == pytest.approx(1.0, abs=1e-3)
