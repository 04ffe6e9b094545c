"""Batching never changes the mathematics (CONTRIBUTING.md, rule 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pytest
import torch

from tasks.errors import TrainingError
from tasks.train import batch as batches
from tasks.train import layout
from tasks.train.batch import GroupBatch
from tasks.train.settings import StepSettings
from tests.tasks.train.tools import (
    OFF_POLICY,
    SPEC,
    Done,
    changed,
    difference,
    log_probs_of,
    policy,
    rollouts,
    run,
    with_engine_log_probs,
)

TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-6}
FAR = changed(OFF_POLICY, learning_rate=0.5, importance_cap=1.5, entropy_coefficient=0.01)
GSPO = changed(
    OFF_POLICY, learning_rate=0.2, objective="gspo", clip_low=3e-4, clip_high=4e-4, estimator="reinforce_pp_baseline"
)
#: Those whose statistics run over a minibatch, or whose coefficient follows what was seen in one.
CLIP_COV = changed(
    OFF_POLICY,
    learning_rate=0.5,
    objective="clip_cov",
    covariance_share=0.1,
    covariance_low=0.1,
    covariance_high=3.0,
    dual_clip=2.0,
)
KL_COV = changed(OFF_POLICY, learning_rate=0.05, objective="kl_cov", covariance_share=0.1)
TARGET = {"target": 3.04, "delta": 0.03, "min": 0.01, "max": 0.05}
HIGH_ENTROPY = changed(
    OFF_POLICY, learning_rate=0.5, dual_clip=1.5, high_entropy_share=0.3, entropy_target=TARGET, importance_cap=1.5
)
CISPO = changed(OFF_POLICY, learning_rate=0.2, objective="cispo", importance_mode="sequence_mask", importance_cap=1.5)
KL = changed(OFF_POLICY, learning_rate=0.2, kl={"coefficient": 0.5})


@dataclass(frozen=True)
class Way:
    """One way to cut the same step into pieces."""

    budget: int = 10_000
    row_limit: int = layout.SHARED_ROW_LIMIT
    ranks: int = 1


WAYS = {
    "small budget": Way(budget=48),
    "a row at a time": Way(budget=1),
    "a response at a time": Way(budget=1, row_limit=1),
    "responses apart, together in a batch": Way(row_limit=1),
    "rows of a few responses": Way(budget=120, row_limit=30),
    "2 ranks": Way(ranks=2),
    "3 ranks, small pieces": Way(budget=40, row_limit=20, ranks=3),
}


def run_in(
    way: Way,
    monkeypatch: pytest.MonkeyPatch,
    batch: GroupBatch,
    spec: StepSettings,
    dtype: torch.dtype,
    like: Done | None = None,
) -> Done:
    """An iteration cut that way, each step from the weights that `like` had before it: what is compared is a step."""

    def rows(group: int, prompt_length: int, response_lengths: dict[int, int]) -> list[layout.Row]:
        return layout.rows_of(group, prompt_length, response_lengths, limit=way.row_limit)

    monkeypatch.setattr(batches, "rows_of", rows)
    module, cut = policy(dtype), changed(spec, token_budget=way.budget)
    return run(module, batch, cut, way.ranks, like.engine.weights if like else ())


@cache
def nearly_agreed() -> GroupBatch:
    """Rollouts whose engine and trainer are so close that sequence masking keeps some of the responses."""
    batch = rollouts(seed=3)
    old = log_probs_of(run(policy(), batch).iteration.old)
    nothing = {(g, s): torch.zeros(len(r)) for g, group in enumerate(batch.response_ids) for s, r in enumerate(group)}
    return with_engine_log_probs(batch, nothing | old, noise=0.5)


def assert_same(found: Done, wanted: Done, tolerance: float) -> None:
    assert len(found.engine.gradients) == len(wanted.engine.gradients)
    for one, other in zip(found.engine.gradients, wanted.engine.gradients, strict=True):
        assert difference(one, other) <= tolerance
    # The on-policy loss is near zero: against the size of a token's loss.
    assert (
        abs(found.result["metrics"]["loss"] - wanted.result["metrics"]["loss"]) <= tolerance * wanted.token_loss_scale
    )
    assert found.iteration.advantages is not None and wanted.iteration.advantages is not None
    assert (found.iteration.advantages.total - wanted.iteration.advantages.total).abs().max() <= tolerance
    assert found.iteration.scalars == wanted.iteration.scalars


@pytest.mark.parametrize(
    "dtype", [torch.float64, pytest.param(torch.float32, marks=pytest.mark.slow)], ids=["float64", "float32"]
)
@pytest.mark.parametrize(
    "spec",
    [SPEC, FAR, GSPO, CISPO, CLIP_COV, KL_COV, HIGH_ENTROPY, KL],
    ids=[
        "one step",
        "three steps, off policy",
        "gspo",
        "cispo, sequence masking",
        "clip_cov",
        "kl_cov",
        "dual clip, high entropy, entropy target",
        "kl",
    ],
)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_same_gradient_in_every_way(
    way: Way, spec: StepSettings, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = nearly_agreed() if spec is CISPO else rollouts(seed=3)
    wanted = run_in(Way(), monkeypatch, batch, spec, dtype)
    found = run_in(way, monkeypatch, batch, spec, dtype, like=wanted)
    if way.budget < 1000:
        assert found.result["metrics"]["forward_calls"] > wanted.result["metrics"]["forward_calls"], (
            "this way cuts nothing"
        )
    # A response's weight is the product of its tokens' ratios, and so holds all their rounding.
    assert_same(found, wanted, TOLERANCES[dtype] * (5 if spec is CISPO else 1))
    if spec is CISPO:
        assert (
            0
            < found.result["metrics"]["importance_masked_share"]
            == wanted.result["metrics"]["importance_masked_share"]
            < 1
        )
    assert len(set(found.micro_batches)) == 1, "ranks ran different numbers of micro-batches"


def test_the_off_policy_loss_is_far_from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the comparison above could not see an error in it."""
    done = run_in(Way(), monkeypatch, rollouts(seed=3), FAR, torch.float64)
    assert abs(done.result["metrics"]["loss"]) > 0.01 * done.token_loss_scale
    assert done.result["metrics"]["clip_fraction"] > 0


@pytest.mark.parametrize(
    ("spec", "without"),
    [
        (CLIP_COV, {"objective": "ppo_clip", "dual_clip": None}),
        (KL_COV, {"kl_coefficient": 0.0}),
        (HIGH_ENTROPY, {"high_entropy_share": None}),
        (HIGH_ENTROPY, {"entropy_target": None}),
    ],
    ids=["clip_cov", "kl_cov", "high entropy", "entropy target"],
)
def test_each_has_a_part_in_the_gradient(spec: StepSettings, without: dict[str, object]) -> None:
    """Otherwise the comparison above could not see it."""
    batch = rollouts(seed=3)
    done = run(policy(), batch, spec)
    other = run(policy(), batch, changed(spec, **without), path=done.engine.weights)
    assert difference(other.engine.gradients[-1], done.engine.gradients[-1]) > 1e-3


def test_the_tokens_drawn_follow_seed_iteration_and_step() -> None:
    batch = rollouts(seed=3)
    spec = changed(CLIP_COV, minibatch_prompts=100)
    one, again, other = (run(policy(), batch, changed(spec, seed=seed)).engine.gradients[0] for seed in (17, 17, 18))
    assert torch.equal(one, again) and difference(other, one) > 1e-3


def reordered(batch: GroupBatch, order: Sequence[int]) -> GroupBatch:
    return GroupBatch(
        *([value[i] for i in order] if (value := getattr(batch, name)) else () for name in GroupBatch.__slots__)
    )


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_the_order_of_groups_in_a_minibatch(dtype: torch.dtype) -> None:
    batch = rollouts(seed=5)
    order = [4, 2, 0, 5, 1, 3]
    one, other = (
        run(policy(dtype), batch, SPEC),
        run(policy(dtype), reordered(batch, order), changed(SPEC, token_budget=60)),
    )
    assert difference(other.engine.gradients[0], one.engine.gradients[0]) <= TOLERANCES[dtype]
    assert one.iteration.advantages is not None and other.iteration.advantages is not None
    assert (other.iteration.advantages.total - one.iteration.advantages.total[order]).abs().max() <= TOLERANCES[dtype]


def test_ranks_with_nothing_to_do() -> None:
    """One judged pair, three ranks: two ranks only pad, and nothing changes."""
    batch = rollouts(prompts=2, samples=3, seed=8, not_judged=0.0)
    batch = replace(batch, scores=[[1.0, 0.0, None], [None, None, None]])
    wanted, found = run(policy(), batch), run(policy(), batch, ranks=3)
    assert found.micro_batches == [1, 1, 1]
    assert_same(found, wanted, 1e-12)
    assert found.result["metrics"]["reward_mean"] == 0.5


def test_what_was_not_judged_has_no_part_in_the_step() -> None:
    """The same step whether such responses are masked or were never there."""
    batch = rollouts(prompts=2, samples=4, seed=9, not_judged=0.0)
    masked = replace(batch, scores=[[1.0, 0.0, None, 0.0], [0.0, 1.0, None, 1.0]])
    kept = [0, 1, 3]
    without = replace(
        masked,
        response_ids=[[group[i] for i in kept] for group in masked.response_ids],
        engine_log_probs=[[group[i] for i in kept] for group in masked.engine_log_probs],
        scores=[[group[i] for i in kept] for group in masked.scores],
    )
    assert difference(run(policy(), masked).engine.gradients[0], run(policy(), without).engine.gradients[0]) <= 1e-12


def test_nothing_judged_at_all_is_a_step_of_zero() -> None:
    batch = replace(rollouts(prompts=2, samples=2, seed=1), scores=[[None, None], [None, None]])
    done = run(policy(), batch, ranks=2)
    assert done.engine.gradients[0].abs().max() == 0
    assert done.result["metrics"]["loss"] == 0 and done.result["metrics"]["reward_mean"] is None


def test_a_loss_that_is_not_finite_names_iteration_micro_batch_and_samples() -> None:
    batch = rollouts(seed=2)
    broken = replace(batch, scores=[[float("nan"), *batch.scores[0][1:]], *batch.scores[1:]])
    with pytest.raises(
        TrainingError, match=r"iteration 0, minibatch 0, micro-batch \d.*nan on samples p0#.*; the step was not applied"
    ):
        run(policy(), broken)
    one = changed(SPEC, importance_cap=2.0)
    log_probs = [[list(r) for r in group] for group in batch.engine_log_probs]
    log_probs[3][1][0] = float("nan")  # one token of one response: the message names that response alone
    assert batch.scores[3][1] is not None
    with pytest.raises(TrainingError, match=r"the loss is nan on samples p3#1; the step was not applied"):
        run(policy(), replace(batch, engine_log_probs=log_probs), one)


class _InfiniteGradient(torch.autograd.Function):
    """Finite forward, infinite backward."""

    @staticmethod
    def forward(context: object, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return gradient * float("inf")


def test_a_gradient_that_is_not_finite_stops_before_the_step_on_every_rank() -> None:
    module = policy()
    module.lm.model.norm.register_forward_hook(lambda _module, _inputs, output: _InfiniteGradient.apply(output))
    with pytest.raises(
        TrainingError,
        match=r"minibatch 0, micro-batch 0 of rank 0: a gradient is not finite on samples p\d#\d.*not applied",
    ):
        run(module, rollouts(seed=2), ranks=2)
