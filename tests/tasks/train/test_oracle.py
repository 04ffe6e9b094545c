"""The mathematics against a float64 NumPy oracle (oracle.py), piece by piece and as the loss and gradient of whole iterations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tasks.train.advantages import ESTIMATORS, arm_bonus, group_mean_confidence
from tasks.train.batch import GroupBatch
from tasks.train.confidence import confidence, low_probability_count
from tasks.train.forward import PolicyModule
from tasks.train.objective import aggregation_weights, effective_sample_share, importance_weights, is_clipped, ppo_clip
from tasks.train.settings import StepSpec
from tests.tasks.train import oracle
from tests.tasks.train.tools import OFF_POLICY, SPEC, difference, policy, rollouts, run, with_engine_log_probs

EXACT = 1e-12
Groups = list[list[float | None]]

scores = st.sampled_from([0.0, 1.0]) | st.sampled_from([None, 0.25, 0.5])


def group_lists(size: int) -> st.SearchStrategy[Groups]:
    return st.lists(st.lists(scores, min_size=size, max_size=size), min_size=1, max_size=5)


groups = st.integers(1, 9).flatmap(group_lists)
log_probs = st.floats(-20.0, 0.0)


def tensors(values: Groups) -> tuple[Tensor, Tensor]:
    batch = GroupBatch([], [], [], [], [], values)
    return batch.score_tensors()


@given(groups, st.sampled_from([1e-6, 1e-4, 0.1]), st.sampled_from([0, 1]))
def test_advantages_of_groups(values: Groups, eps: float, ddof: int) -> None:
    for name, std in (("grpo", True), ("arm", True), ("dr_grpo", False)):
        found = ESTIMATORS[name](*tensors(values), eps=eps, ddof=ddof)
        wanted = [oracle.advantages(g, std=std, eps=eps, ddof=ddof) for g in values]
        # Equal scores of 0.1 differ from their mean by one rounding, which 1 / eps makes bigger.
        np.testing.assert_allclose(found.numpy(), wanted, rtol=EXACT, atol=1e-10 if std else EXACT)


@given(groups)
def test_not_judged_gets_exactly_zero_and_changes_nothing(values: Groups) -> None:
    judged = tensors(values)[1]
    for estimator in ESTIMATORS.values():
        found = estimator(*tensors(values), eps=1e-6, ddof=1)
        assert (found[~judged] == 0).all()
        assert (found[judged.sum(-1) < 2] == 0).all()
        for row, group, mask in zip(found, values, judged, strict=True):
            kept: list[float | None] = [s for s in group if s is not None]
            if kept:
                alone = estimator(*tensors([kept]), eps=1e-6, ddof=1)[0]
                np.testing.assert_allclose(row[mask].numpy(), alone.numpy(), rtol=EXACT, atol=1e-10)


@given(groups, st.sampled_from(["any_correct", "mixed_only", "correct_only"]), st.sampled_from([1.0, 0.5]), st.data())
def test_arm_bonus_in_every_scope(values: Groups, scope: str, correct_at: float, data: st.DataObject) -> None:
    size = len(values[0])
    c_o = [[data.draw(st.floats(0.0, 1.0)) for _ in range(size)] for _ in values]
    c_q = [data.draw(st.floats(0.0, 1.0)) for _ in values]
    found = arm_bonus(
        torch.tensor(c_q, dtype=torch.float64)[:, None], torch.tensor(c_o, dtype=torch.float64), *tensors(values),
        alpha=0.3, scope=scope, correct_at=correct_at,
    )  # fmt: skip
    wanted = [oracle.bonus(g, q, o, alpha=0.3, scope=scope, correct_at=correct_at) for g, q, o in zip(values, c_q, c_o, strict=True)]
    np.testing.assert_allclose(found.numpy(), wanted, rtol=EXACT, atol=0)
    assert (found[~tensors(values)[1]] == 0).all()
    assert (found.abs() <= 0.3).all()


@given(groups, st.data())
def test_group_mean_confidence(values: Groups, data: st.DataObject) -> None:
    c_o = [[data.draw(st.floats(0.01, 1.0)) for _ in g] for g in values]
    found = group_mean_confidence(torch.tensor(c_o, dtype=torch.float64), *tensors(values), correct_at=1.0)
    wanted = [oracle.prompt_confidence("group_mean", [], g, c, fraction="0.2", correct_at=1.0) for g, c in zip(values, c_o, strict=True)]
    np.testing.assert_allclose(found[:, 0].numpy(), wanted, rtol=EXACT)


def test_the_number_of_low_probability_tokens_is_exact() -> None:
    assert [low_probability_count(n, 0.2) for n in (1, 4, 5, 6, 10, 15, 16, 35, 8192)] == [1, 1, 1, 2, 2, 3, 4, 7, 1639]
    for fraction in (0.05, 0.07, 0.1, 0.2, 0.29, 0.3, 0.5, 0.7, 1.0):
        for length in range(1, 400):
            assert low_probability_count(length, fraction) == oracle.low_count(length, str(fraction)), (fraction, length)


@given(st.lists(log_probs, min_size=1, max_size=80), st.sampled_from([0.1, 0.2, 0.5, 1.0]))
def test_confidences(values: list[float], fraction: float) -> None:
    found = confidence(torch.tensor(values, dtype=torch.float64), fraction)
    assert math.isclose(found, oracle.low_confidence(values, str(fraction)), rel_tol=EXACT)


ratios_and_advantages = st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(-2.0, 2.0, allow_subnormal=False)), min_size=1, max_size=40)


@given(ratios_and_advantages, st.sampled_from([0.2, 0.1]), st.sampled_from([0.28, 0.2]))
def test_ppo_clip_and_where_it_stops_the_gradient(values: list[tuple[float, float]], low: float, high: float) -> None:
    ratio = torch.tensor([r for r, _ in values], dtype=torch.float64, requires_grad=True)
    advantage = torch.tensor([a for _, a in values], dtype=torch.float64)
    found = ppo_clip(ratio, advantage, clip_low=low, clip_high=high)
    wanted = [oracle.token_losses(np.array([r]), np.zeros(1), a, clip_low=low, clip_high=high)[0] for r, a in values]
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=EXACT, atol=1e-300)
    (gradient,) = torch.autograd.grad(found.sum(), ratio)
    clipped = is_clipped(ratio.detach(), advantage, clip_low=low, clip_high=high)
    assert (gradient[clipped] == 0).all()
    inside = ~clipped
    np.testing.assert_allclose(gradient[inside].numpy(), (-ratio.exp() * advantage)[inside].detach().numpy(), rtol=EXACT, atol=1e-300)


@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=12).filter(lambda v: any(c for _, c in v)), st.data())
def test_aggregations(responses: list[tuple[int, bool]], data: st.DataObject) -> None:
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    losses = [draw.normal(size=n) for n, _ in responses]
    lengths, counts = torch.tensor([n for n, _ in responses]), torch.tensor([c for _, c in responses])
    for aggregation, constant in (("token_mean", None), ("sequence_mean", None), ("constant", 17)):
        weights = aggregation_weights(lengths, counts, aggregation=aggregation, constant_length=constant)
        found = sum(float(w) * x.sum() for w, x in zip(weights, losses, strict=True))
        wanted = oracle.aggregate([x for x, (_, c) in zip(losses, responses, strict=True) if c], aggregation, constant)
        assert math.isclose(found, wanted, rel_tol=1e-11, abs_tol=EXACT), aggregation
        assert (weights[~counts] == 0).all()


def test_nothing_judged_weighs_nothing() -> None:
    for aggregation in ("token_mean", "sequence_mean", "constant"):
        weights = aggregation_weights(torch.tensor([3, 4]), torch.tensor([False, False]), aggregation=aggregation, constant_length=5)
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


# Whole iterations. The oracle's log-probabilities come from the Hugging Face model, one sequence at a time.


def teacher_forced(module: PolicyModule, prompt: Sequence[int], response: Sequence[int], temperature: float) -> tuple[Tensor, Tensor, Tensor]:
    """(log-probabilities of the response at `temperature` and at 1 and of the prompt from its second token on at 1, entropies)"""
    logits = module.lm(input_ids=torch.tensor([[*prompt, *response]])).logits[0, :-1]
    targets = torch.tensor([*prompt[1:], *response])[:, None]
    hot = torch.log_softmax(logits / temperature, -1).gather(-1, targets)[:, 0]
    plain = torch.log_softmax(logits, -1)
    entropies = -(plain.exp() * plain).sum(-1)
    return hot[len(prompt) - 1 :], plain.gather(-1, targets)[:, 0], entropies[len(prompt) - 1 :]


def oracle_advantages(module: PolicyModule, batch: GroupBatch, spec: StepSpec) -> list[list[float]]:
    fraction = str(spec.low_probability_fraction)
    out = []
    for prompt, content, responses, group in zip(batch.prompt_ids, batch.content, batch.response_ids, batch.scores, strict=True):
        base = oracle.advantages(group, std=spec.estimator != "dr_grpo", eps=spec.eps, ddof=spec.ddof)
        if spec.estimator == "arm":
            with torch.no_grad():
                plain = [teacher_forced(module, prompt, r, 1.0)[1].numpy() for r in responses]
            c_o = [oracle.low_confidence(x[len(prompt) - 1 :], fraction) for x in plain]
            seen = [plain[0][p - 1] for p in content if p > 0]
            c_q = oracle.prompt_confidence(spec.prompt_confidence, seen, group, c_o, fraction=fraction, correct_at=spec.correct_at)
            extra = oracle.bonus(group, c_q, c_o, alpha=spec.alpha, scope=spec.scope, correct_at=spec.correct_at)
            base = [a + b for a, b in zip(base, extra, strict=True)]
        out.append(base)
    return out


def oracle_step(
    now: PolicyModule, old: PolicyModule, batch: GroupBatch, spec: StepSpec, advantages: list[list[float]], minibatch: range
) -> tuple[float, Tensor]:
    """(loss in NumPy, gradient by autograd of the same loss written plainly) of one optimiser step."""
    losses: list[np.ndarray] = []
    plain: list[Tensor] = []
    for g in minibatch:
        for s, response in enumerate(batch.response_ids[g]):
            if batch.scores[g][s] is None:
                continue
            new, _, entropies = teacher_forced(now, batch.prompt_ids[g], response, spec.temperature)
            with torch.no_grad():
                before = teacher_forced(old, batch.prompt_ids[g], response, spec.temperature)[0]
            a = advantages[g][s]
            values = oracle.token_losses(new.detach().numpy(), before.numpy(), a, clip_low=spec.clip_low, clip_high=spec.clip_high)
            ratio = torch.exp(new - before)
            token_loss = -torch.min(ratio * a, torch.clip(ratio, 1 - spec.clip_low, 1 + spec.clip_high) * a)
            if spec.importance_cap is not None:
                weight = oracle.importance(before.numpy(), np.array(batch.engine_log_probs[g][s]), spec.importance_cap)
                values, token_loss = values * weight, token_loss * torch.tensor(weight)
            values = values - spec.entropy_coefficient * entropies.detach().numpy()
            losses.append(values)
            plain.append(token_loss - spec.entropy_coefficient * entropies)
    if spec.aggregation == "token_mean":
        loss = torch.cat(plain).mean()
    elif spec.aggregation == "sequence_mean":
        loss = torch.stack([x.mean() for x in plain]).mean()
    else:
        assert spec.constant_length
        loss = torch.cat(plain).sum() / (len(plain) * spec.constant_length)
    gradient = torch.autograd.grad(loss, list(now.parameters()))
    return oracle.aggregate(losses, spec.aggregation, spec.constant_length), torch.cat([x.flatten() for x in gradient])


FAR = replace(OFF_POLICY, learning_rate=1.0)  # steps large enough that the clip takes hold

ITERATIONS = {
    "grpo": replace(SPEC, estimator="grpo"),
    "dr_grpo, constant": replace(SPEC, estimator="dr_grpo", aggregation="constant", constant_length=14),
    "arm": SPEC,
    "arm, hot": replace(SPEC, temperature=0.7),
    "arm, sequence mean, mixed groups": replace(SPEC, aggregation="sequence_mean", scope="mixed_only"),
    "arm, low prompt confidence": replace(SPEC, prompt_confidence="low", scope="correct_only"),
    "arm, group mean": replace(SPEC, prompt_confidence="group_mean"),
    "arm, no prompt confidence, biased std": replace(SPEC, prompt_confidence="none", ddof=0, eps=0.1),
    "arm, importance weights": replace(SPEC, importance_cap=1.5),
    "arm, entropy bonus": replace(SPEC, entropy_coefficient=0.02, temperature=1.3),
    "three steps, grpo": replace(FAR, estimator="grpo"),
    "three steps, arm": FAR,
    "three steps, everything": replace(FAR, importance_cap=1.5, entropy_coefficient=0.02, temperature=0.8, aggregation="sequence_mean"),
}


@pytest.mark.parametrize("name", ITERATIONS)
def test_loss_and_gradient_of_an_iteration(name: str) -> None:
    spec = ITERATIONS[name]
    module = policy()
    batch = rollouts(seed=len(name))
    old = {
        (g, s): teacher_forced(module, batch.prompt_ids[g], r, spec.temperature)[0].detach()
        for g, group in enumerate(batch.response_ids)
        for s, r in enumerate(group)
    }
    batch = with_engine_log_probs(batch, old, noise=0.8)
    done = run(module, batch, spec)

    wanted = oracle_advantages(module, batch, spec)
    assert done.iteration.advantages is not None
    found = done.iteration.advantages.total
    np.testing.assert_allclose(found.numpy(), wanted, rtol=0, atol=EXACT)
    assert (found[~done.iteration.judged] == 0).all()

    minibatches = list(torch.arange(len(batch.prompt_ids)).split(spec.minibatch_prompts))
    assert len(done.engine.gradients) == len(minibatches) == done.result["metrics"]["optimiser_steps"]
    losses = []
    for groups_of_step, gradient, weights in zip(minibatches, done.engine.gradients, done.engine.weights, strict=True):
        now = policy()
        now.load_state_dict(weights)
        loss, expected = oracle_step(now, module, batch, spec, wanted, range(int(groups_of_step[0]), int(groups_of_step[-1]) + 1))
        losses.append(loss)
        assert difference(gradient, expected) <= EXACT
    assert abs(done.result["metrics"]["loss"] - np.mean(losses)) <= EXACT * done.token_loss_scale
    if spec.minibatch_prompts == FAR.minibatch_prompts:
        assert done.result["metrics"]["clip_fraction"] > 0.01, "the clip never took hold: this test would not see it"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["any_correct", "mixed_only", "correct_only"]), st.sampled_from(["mean", "low", "group_mean", "none"]))
def test_arm_advantages_of_any_rollouts(seed: int, scope: str, prompt_confidence: str) -> None:
    spec = replace(SPEC, scope=scope, prompt_confidence=prompt_confidence)
    module, batch = policy(), rollouts(prompts=3, samples=4, seed=seed, not_judged=0.3)
    found = run(module, batch, spec).iteration.advantages
    assert found is not None
    np.testing.assert_allclose(found.total.numpy(), oracle_advantages(module, batch, spec), rtol=0, atol=EXACT)
