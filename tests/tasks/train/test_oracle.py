"""The mathematics against a float64 NumPy oracle (oracle.py), piece by piece."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from specs.advantages import Arm, PassAtK
from specs.base import USE
from specs.keys import choices
from specs.objectives import ObjectiveSettings, PpoClip
from tasks.train.advantages.arm import (
    Confidences,
    arm_bonus,
    confidence,
    group_mean_confidence,
    low_probability_count,
)
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.pass_at_k import pass_at_k
from tasks.train.advantages.registry import estimator_of
from tasks.train.batch import GroupBatch
from tasks.train.objectives.base import Tokens
from tasks.train.objectives.registry import objective_of
from tasks.train.objectives.weights import (
    aggregation_weights,
    effective_sample_share,
    importance_weights,
    sequence_mask_weights,
)
from tasks.train.settings import StepSettings
from tests.tasks.train import oracle
from tests.tasks.train.tools import SPEC, changed

EXACT = 1e-12
Scores = list[list[float | None]]

scores = st.sampled_from([0.0, 1.0]) | st.sampled_from([None, 0.25, 0.5])


def group_lists(size: int) -> st.SearchStrategy[Scores]:
    return st.lists(st.lists(scores, min_size=size, max_size=size), min_size=1, max_size=5)


groups = st.integers(1, 9).flatmap(group_lists)
ESTIMATORS = [name for name in choices()[("advantage",)].members if name != USE]
log_probs = st.floats(-20.0, 0.0)


def tensors(values: Scores) -> tuple[Tensor, Tensor]:
    batch = GroupBatch([], [], [], [], [], values)
    return batch.score_tensors()


def groups_of(values: Scores, correct_at: float = 1.0) -> Groups:
    scored, judged = tensors(values)
    return Groups.of(scored, judged, torch.ones(judged.shape), correct_at=correct_at)


def base_advantages(given_scores: Tensor, judged: Tensor, lengths: Tensor, settings: StepSettings) -> Tensor:
    groups = Groups.of(given_scores, judged, lengths, correct_at=settings.correct_at)
    return estimator_of(settings.advantage).base(groups)


def lengths_of(values: Scores, seed: int = 0) -> list[list[int]]:
    draw = np.random.default_rng(seed)
    return [[int(draw.integers(1, 30)) for _ in group] for group in values]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(
    values=groups,
    eps=st.sampled_from([1e-6, 1e-4, 0.1]),
    ddof=st.sampled_from([0, 1]),
    k=st.integers(1, 10),
    at=st.sampled_from([1.0, 0.5]),
    seed=st.integers(0, 99),
)
def test_advantages_of_groups(
    estimator: str, values: Scores, eps: float, ddof: int, k: int, at: float, seed: int
) -> None:
    spec = changed(SPEC, estimator=estimator, eps=eps, ddof=ddof, k=k, positive_weight=0.3, correct_at=at)
    lengths = lengths_of(values, seed)
    found = base_advantages(*tensors(values), torch.tensor(lengths), spec)
    # Equal scores of 0.1 differ from their mean by one rounding, which 1 / eps makes bigger.
    divides = estimator in ("grpo", "arm", "reinforce_pp_baseline")
    wanted = oracle.base_advantages(
        estimator, values, lengths, eps=eps, ddof=ddof, k=k, positive_weight=0.3, correct_at=at
    )
    np.testing.assert_allclose(found.numpy(), wanted, rtol=EXACT, atol=1e-10 if divides else EXACT)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(values=groups, seed=st.integers(0, 99))
def test_not_judged_gets_exactly_zero_and_changes_nothing(estimator: str, values: Scores, seed: int) -> None:
    spec = changed(SPEC, estimator=estimator, k=2)
    (given_scores, judged), lengths = tensors(values), torch.tensor(lengths_of(values))
    found = base_advantages(given_scores, judged, lengths, spec)
    assert (found[~judged] == 0).all()
    assert (found[judged.sum(-1) < 2] == 0).all()
    torch.manual_seed(seed)
    scored, long = (
        torch.where(judged, given_scores, torch.rand(judged.shape, dtype=torch.float64)),
        torch.where(judged, lengths, 1000),
    )
    assert torch.equal(base_advantages(scored, judged, long, spec), found)
    if estimator == "reinforce_pp_baseline":  # the others know no other group
        return
    for row, group, mask in zip(found, values, judged, strict=True):
        kept: list[float | None] = [s for s in group if s is not None]
        if kept:
            alone = base_advantages(*tensors([kept]), torch.ones(1, len(kept)), spec)[0]
            np.testing.assert_allclose(row[mask].numpy(), alone.numpy(), rtol=EXACT, atol=1e-10)


@given(groups, st.integers(0, 99))
def test_whitened_advantages_have_mean_0_and_variance_1_over_the_batchs_tokens(values: Scores, seed: int) -> None:
    lengths = torch.tensor(lengths_of(values, seed))
    found = base_advantages(*tensors(values), lengths, changed(SPEC, estimator="reinforce_pp_baseline"))
    judged = tensors(values)[1]
    counted = judged & (judged.sum(-1, keepdim=True) >= 2)
    tokens = found[counted].repeat_interleave(lengths[counted])
    assert abs(float(tokens.sum())) < 1e-7
    if len(tokens) and float(found.abs().max()) > 1e-6:
        assert math.isclose(float(tokens.var()), 1.0, rel_tol=1e-3), "but for the 1e-8 beside the variance"


def test_pass_at_k_at_its_edges() -> None:
    def row(right: int, wrong: int, k: int) -> list[float]:
        return pass_at_k(groups_of([[1.0] * right + [0.0] * wrong]), PassAtK(k=k))[0].tolist()

    assert row(0, 4, 2) == row(4, 0, 2) == [0.0] * 4, "none correct; all correct"
    assert row(3, 1, 2) == [0.0] * 4, "each pair has a correct one: C(n-c, k) = 0"
    assert row(1, 2, 4) == [0.0] * 3, "k exceeds n"
    assert row(1, 1, 1) == [1.0, -1.0] and row(1, 0, 1) == [0.0]
    # n 4, c 1, k 2: Rbar 1/2, s 1/2; a wrong one is in three pairs, two without the correct one.
    assert row(1, 3, 2) == pytest.approx([1.0, -1 / 3, -1 / 3, -1 / 3], rel=1e-15)
    huge = row(1, 4095, 64)  # C(4096, 64) is beyond a float
    assert huge[0] > 0 > huge[1] and math.isfinite(sum(huge))


@given(st.integers(1, 8), st.integers(1, 8))
def test_pass_at_1_is_grpo_with_a_biased_std(right: int, wrong: int) -> None:
    values: Scores = [[1.0] * right + [0.0] * wrong]
    found = pass_at_k(groups_of(values), PassAtK(k=1))
    np.testing.assert_allclose(found.numpy(), [oracle.advantages(values[0], std=True)], rtol=EXACT)


@given(groups, st.sampled_from(["any_correct", "mixed_only", "correct_only"]), st.sampled_from([1.0, 0.5]), st.data())
def test_arm_bonus_in_every_scope(values: Scores, scope: str, correct_at: float, data: st.DataObject) -> None:
    size = len(values[0])
    c_o = [[data.draw(st.floats(0.0, 1.0)) for _ in range(size)] for _ in values]
    c_q = [data.draw(st.floats(0.0, 1.0)) for _ in values]
    confidences = Confidences(torch.tensor(c_q, dtype=torch.float64)[:, None], torch.tensor(c_o, dtype=torch.float64))
    found = arm_bonus(groups_of(values, correct_at), confidences, Arm.model_validate({"alpha": 0.3, "scope": scope}))
    assert found is not None
    wanted = [
        oracle.bonus(g, q, o, alpha=0.3, scope=scope, correct_at=correct_at)
        for g, q, o in zip(values, c_q, c_o, strict=True)
    ]
    np.testing.assert_allclose(found.numpy(), wanted, rtol=EXACT, atol=0)
    assert (found[~tensors(values)[1]] == 0).all()
    assert (found.abs() <= 0.3).all()


@given(groups, st.data())
def test_group_mean_confidence(values: Scores, data: st.DataObject) -> None:
    c_o = [[data.draw(st.floats(0.01, 1.0)) for _ in g] for g in values]
    found = group_mean_confidence(torch.tensor(c_o, dtype=torch.float64), groups_of(values))
    wanted = [
        oracle.prompt_confidence("group_mean", [], g, c, fraction="0.2", correct_at=1.0)
        for g, c in zip(values, c_o, strict=True)
    ]
    np.testing.assert_allclose(found[:, 0].numpy(), wanted, rtol=EXACT)


def test_the_number_of_low_probability_tokens_is_exact() -> None:
    assert [low_probability_count(n, 0.2) for n in (1, 4, 5, 6, 10, 15, 16, 35, 8192)] == [1, 1, 1, 2, 2, 3, 4, 7, 1639]
    for fraction in (0.05, 0.07, 0.1, 0.2, 0.29, 0.3, 0.5, 0.7, 1.0):
        for length in range(1, 400):
            assert low_probability_count(length, fraction) == oracle.low_count(length, str(fraction)), (
                fraction,
                length,
            )


@given(
    st.lists(st.lists(log_probs, min_size=1, max_size=80), min_size=1, max_size=6),
    st.sampled_from([0.1, 0.2, 0.5, 1.0]),
)
def test_confidences(values: list[list[float]], fraction: float) -> None:
    flat = torch.tensor([x for part in values for x in part], dtype=torch.float64)
    found = confidence(flat, torch.tensor([len(part) for part in values]), fraction)
    for each, part in zip(found.tolist(), values, strict=True):
        assert math.isclose(each, oracle.low_confidence(part, str(fraction)), rel_tol=EXACT)


#: (log pi, log ratio) of each token of a response, and the response's advantage
responses_and_advantages = st.lists(
    st.tuples(
        st.lists(st.tuples(log_probs, st.floats(-3.0, 3.0)), min_size=1, max_size=9),
        st.floats(-2.0, 2.0, allow_subnormal=False),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("kind", ["ppo_clip", "gspo", "cispo"])
@given(values=responses_and_advantages, low=st.sampled_from([0.2, 0.1]), high=st.sampled_from([0.28, 0.2]))
def test_objectives_and_where_the_clip_takes_hold(
    kind: str, values: list[tuple[list[tuple[float, float]], float]], low: float, high: float
) -> None:
    lengths = [len(response) for response, _ in values]
    now = torch.tensor([x for response, _ in values for x, _ in response], dtype=torch.float64, requires_grad=True)
    before = now.detach() - torch.tensor([r for response, _ in values for _, r in response], dtype=torch.float64)
    advantage = torch.tensor([a for _, a in values], dtype=torch.float64).repeat_interleave(torch.tensor(lengths))
    member = choices()[("objective",)].members[kind]
    clips = {name: clip for name, clip in (("clip_low", low), ("clip_high", high)) if name in member.model_fields}
    objective = objective_of(member.model_validate({"kind": kind, **clips}))  # type: ignore[arg-type]
    tokens = Tokens(now, now - before, advantage, responses=[(0, i) for i in range(len(lengths))], lengths=lengths)
    found, clipped = objective.token_losses(tokens)
    parts = zip(now.detach().split(lengths), before.split(lengths), values, strict=True)
    wanted = [
        oracle.token_losses(kind, x.numpy(), b.numpy(), a, clip_low=low, clip_high=high) for x, b, (_, a) in parts
    ]
    np.testing.assert_allclose(found.detach().numpy(), np.concatenate(wanted), rtol=1e-11, atol=1e-300)

    (gradient,) = torch.autograd.grad(found.sum(), now)
    ratio = (now - before).detach().exp()
    if kind == "gspo":  # d s / d log pi of a token is s / |o|, and |o| tokens have the response's loss
        ratio = torch.cat([(x.log().mean()).exp().expand(len(x)) for x in ratio.split(lengths)])
    if kind == "cispo":
        assert torch.equal(clipped, (ratio > 1 + high) & (advantage != 0))
        ratio = ratio.clamp(max=1 + high)
    else:
        assert (gradient[clipped] == 0).all()
        ratio = torch.where(clipped, 0.0, ratio)
    np.testing.assert_allclose(gradient.numpy(), (-ratio * advantage).numpy(), rtol=1e-11, atol=1e-300)


def aggregated(aggregation: str, constant_length: int | None) -> ObjectiveSettings:
    return PpoClip.model_validate({"aggregation": aggregation, "constant_length": constant_length})


@given(
    st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=12).filter(
        lambda v: any(c for _, c in v)
    ),
    st.data(),
)
def test_aggregations(responses: list[tuple[int, bool]], data: st.DataObject) -> None:
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    losses = [draw.normal(size=n) for n, _ in responses]
    lengths, counts = torch.tensor([n for n, _ in responses]), torch.tensor([c for _, c in responses])
    for aggregation, constant in (("token_mean", None), ("sequence_mean", None), ("constant", 17)):
        weights = aggregation_weights(lengths, counts, aggregated(aggregation, constant))
        found = sum(float(w) * x.sum() for w, x in zip(weights, losses, strict=True))
        wanted = oracle.aggregate([x for x, (_, c) in zip(losses, responses, strict=True) if c], aggregation, constant)
        assert math.isclose(found, wanted, rel_tol=1e-11, abs_tol=EXACT), aggregation
        assert (weights[~counts] == 0).all()


def test_nothing_judged_weighs_nothing() -> None:
    for aggregation in ("token_mean", "sequence_mean", "constant"):
        weights = aggregation_weights(torch.tensor([3, 4]), torch.tensor([False, False]), aggregated(aggregation, 5))
        assert weights.tolist() == [0.0, 0.0]


@given(st.lists(st.tuples(log_probs, log_probs), min_size=1, max_size=50), st.sampled_from([1.0, 2.0]))
def test_importance_weights_and_effective_share(values: list[tuple[float, float]], cap: float) -> None:
    trainer, engine = np.array(values).T
    ours = torch.tensor(trainer, requires_grad=True), torch.tensor(engine)
    found = importance_weights(*ours, cap=cap)
    assert not found.requires_grad
    np.testing.assert_allclose(found.numpy(), oracle.importance(trainer, engine, cap), rtol=EXACT)
    share = effective_sample_share(ours[0].detach(), ours[1])
    assert math.isclose(share, oracle.effective_share(trainer, engine), rel_tol=EXACT)
    assert 1 / len(values) - 1e-12 <= share <= 1 + 1e-12


@given(
    st.lists(st.lists(st.tuples(log_probs, st.floats(-0.5, 0.5)), min_size=1, max_size=12), min_size=1, max_size=8),
    st.sampled_from([1.0, 2.0]),
)
def test_sequence_masking_is_all_or_nothing(values: list[list[tuple[float, float]]], cap: float) -> None:
    trainer = [np.array([x for x, _ in response]) for response in values]
    engine = [np.array([x - d for x, d in response]) for response in values]
    if any(abs(math.log(cap) - (t - e).sum()) < 1e-12 for t, e in zip(trainer, engine, strict=True)):
        return  # at the bound rounding decides
    ours = torch.tensor(np.concatenate(trainer), requires_grad=True), torch.tensor(np.concatenate(engine))
    found = sequence_mask_weights(*ours, list(map(len, values)), cap=cap)
    assert not found.requires_grad
    wanted = [np.full(len(t), oracle.sequence_mask(t, e, cap)) for t, e in zip(trainer, engine, strict=True)]
    np.testing.assert_allclose(found.numpy(), np.concatenate(wanted), rtol=EXACT)


def test_sequence_masking_at_the_ends_of_what_a_float_holds() -> None:
    weights = sequence_mask_weights(torch.tensor([0.0] * 2), torch.tensor([-9000.0, 9000.0]), [1, 1], cap=2.0)
    assert weights.tolist() == [0.0, 0.0]
    assert sequence_mask_weights(torch.tensor([math.nan, 0.0]), torch.zeros(2), [1, 1], cap=2.0).isnan().tolist() == [
        True,
        False,
    ]
