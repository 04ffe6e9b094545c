"""Loss and gradient of whole iterations against a float64 NumPy oracle (oracle.py).

Its log-probabilities come from the Hugging Face model, one sequence at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tasks.train.batch import GroupBatch
from tasks.train.forward import PolicyModule
from tasks.train.settings import StepSettings
from tests.tasks.train import oracle
from tests.tasks.train.tools import (
    OFF_POLICY,
    SPEC,
    changed,
    difference,
    flat,
    nearby,
    policy,
    rollouts,
    run,
    with_engine_log_probs,
)

EXACT = 1e-12


def teacher_forced(
    module: PolicyModule, prompt: Sequence[int], response: Sequence[int], temperature: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return log-probabilities and entropies of one sequence.

    (of the response at `temperature`; of the whole from the second token on at temperature 1; the response's entropies)
    """
    logits = module.lm(input_ids=torch.tensor([[*prompt, *response]])).logits[0, :-1]
    targets = torch.tensor([*prompt[1:], *response])[:, None]
    hot = torch.log_softmax(logits / temperature, -1).gather(-1, targets)[:, 0]
    plain = torch.log_softmax(logits, -1)
    entropies = -(plain.exp() * plain).sum(-1)
    return hot[len(prompt) - 1 :], plain.gather(-1, targets)[:, 0], entropies[len(prompt) - 1 :]


def oracle_advantages(module: PolicyModule, batch: GroupBatch, settings: StepSettings) -> list[list[float]]:
    spec = flat(settings)
    fraction = str(spec.low_probability_fraction)
    out = []
    lengths = [[len(r) for r in group] for group in batch.response_ids]
    options = {name: getattr(spec, name) for name in ("eps", "ddof", "k", "positive_weight", "correct_at")}
    bases = oracle.base_advantages(spec.estimator, batch.scores, lengths, **options)  # type: ignore[arg-type]
    for prompt, content, responses, group, base in zip(
        batch.prompt_ids, batch.content, batch.response_ids, batch.scores, bases, strict=True
    ):
        if spec.estimator == "arm":
            with torch.no_grad():
                plain = [teacher_forced(module, prompt, r, 1.0)[1].numpy() for r in responses]
            c_o = [oracle.low_confidence(x[len(prompt) - 1 :], fraction) for x in plain]
            seen = [plain[0][p - 1] for p in content if p > 0]
            c_q = oracle.prompt_confidence(
                spec.prompt_confidence, seen, group, c_o, fraction=fraction, correct_at=spec.correct_at
            )
            extra = oracle.bonus(group, c_q, c_o, alpha=spec.alpha, scope=spec.scope, correct_at=spec.correct_at)
            base = [a + b for a, b in zip(base, extra, strict=True)]
        out.append(base)
    return out


def chosen_tokens(
    spec: SimpleNamespace, before: list[np.ndarray], entropies: list[np.ndarray], a: list[float]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the tokens that clip_cov or kl_cov treats apart, and those that have a loss at all, of each response."""
    tokens = sum(map(len, before))
    apart = [np.zeros(len(x), dtype=bool) for x in before]
    if spec.objective == "clip_cov":
        assert spec.covariance_share == 1.0, "without a draw"
        apart = [(x > spec.covariance_low) & (x < spec.covariance_high) for x in oracle.covariances(before, a)]
    if spec.objective == "kl_cov":
        apart = oracle.largest(oracle.covariances(before, a), max(1, int(spec.covariance_share * tokens)))
    if spec.high_entropy_share is None:
        return apart, [np.ones(len(x), dtype=bool) for x in before]
    return apart, oracle.at_or_above(entropies, 1 - spec.high_entropy_share)


@dataclass(frozen=True)
class Step:
    """Of one optimizer step: loss in NumPy, gradient by autograd; which responses weigh nothing, which tokens count."""

    loss: float
    gradient: Tensor
    masked: list[bool]
    entropies: list[np.ndarray]
    apart: list[np.ndarray]
    kept: list[np.ndarray]


def oracle_step(
    now: PolicyModule,
    old: PolicyModule,
    batch: GroupBatch,
    settings: StepSettings,
    advantages: list[list[float]],
    minibatch: range,
    entropy_coefficient: float,
    reference: PolicyModule,
) -> Step:
    spec = flat(settings)
    judged = [(g, s) for g in minibatch for s, _ in enumerate(batch.response_ids[g]) if batch.scores[g][s] is not None]
    passes = [teacher_forced(now, batch.prompt_ids[g], batch.response_ids[g][s], spec.temperature) for g, s in judged]
    with torch.no_grad():
        olds = [teacher_forced(old, batch.prompt_ids[g], batch.response_ids[g][s], spec.temperature) for g, s in judged]
    apart, kept = chosen_tokens(
        spec, [x.numpy() for x, *_ in olds], [e.numpy() for *_, e in olds], [advantages[g][s] for g, s in judged]
    )
    losses: list[np.ndarray] = []
    plain: list[Tensor] = []
    masked: list[bool] = []
    for place, (g, s) in enumerate(judged):
        response, a = batch.response_ids[g][s], advantages[g][s]
        (new, _, entropies), before = passes[place], olds[place][0]
        options = {name: getattr(spec, name) for name in ("clip_low", "clip_high", "dual_clip", "kl_coefficient")}
        values = oracle.token_losses(
            spec.objective, new.detach().numpy(), before.numpy(), a, **options, chosen=apart[place]
        )
        ratio, chosen = torch.exp(new - before), torch.tensor(apart[place])
        if spec.objective == "gspo":
            ratio = (torch.prod(ratio) ** (1 / len(response))).expand(len(response))
        if spec.objective == "cispo":
            token_loss = -torch.clip(ratio, max=1 + spec.clip_high).detach() * a * new
        elif spec.objective == "kl_cov":
            token_loss = -ratio * a + spec.kl_coefficient * chosen * (new - before).abs()
        else:
            token_loss = -torch.min(ratio * a, torch.clip(ratio, 1 - spec.clip_low, 1 + spec.clip_high) * a)
            if spec.dual_clip is not None and a < 0:
                token_loss = torch.clip(token_loss, max=-spec.dual_clip * a)
            if spec.objective == "clip_cov":
                token_loss = token_loss * ~chosen
        values, token_loss = values * kept[place], token_loss * torch.tensor(kept[place])
        if spec.importance_cap is not None:
            engine = np.array(batch.engine_log_probs[g][s])
            correct = oracle.sequence_mask if spec.importance_mode == "sequence_mask" else oracle.importance
            weight = np.broadcast_to(correct(before.numpy(), engine, spec.importance_cap), len(response))
            masked.append(not weight.any())
            values, token_loss = values * weight, token_loss * torch.tensor(weight.copy())
        if (kl := settings.objective.kl) is not None:
            with torch.no_grad():
                held = teacher_forced(reference, batch.prompt_ids[g], response, spec.temperature)[0]
            estimate = oracle.kl(new.detach().numpy(), held.numpy(), kl.estimator)
            d = held - new
            term = {"k1": -d, "k2": 0.5 * d**2, "k3": torch.exp(d) - d - 1}[kl.estimator]
            if kl.with_ratio:
                estimate = estimate * np.exp(new.detach().numpy() - before.numpy())
                term = term * torch.exp(new - before)
            values, token_loss = values + kl.coefficient * estimate, token_loss + kl.coefficient * term
        losses.append(values - entropy_coefficient * entropies.detach().numpy())
        plain.append(token_loss - entropy_coefficient * entropies)
    if spec.aggregation == "token_mean":
        loss = torch.cat(plain).mean()
    elif spec.aggregation == "sequence_mean":
        loss = torch.stack([x.mean() for x in plain]).mean()
    else:
        assert spec.constant_length
        loss = torch.cat(plain).sum() / (len(plain) * spec.constant_length)
    gradient = torch.autograd.grad(loss, list(now.parameters()))
    return Step(
        oracle.aggregate(losses, spec.aggregation, spec.constant_length),
        torch.cat([x.flatten() for x in gradient]),
        masked,
        [e.detach().numpy() for *_, e in passes],
        apart,
        kept,
    )


FAR = changed(OFF_POLICY, learning_rate=1.0)  # steps large enough that the clip takes hold
GSPO = {"objective": "gspo", "clip_low": 3e-4, "clip_high": 4e-4}
CLIP_COV = {"objective": "clip_cov", "covariance_share": 1.0, "covariance_low": 0.5, "covariance_high": 3.0}
KL_COV = {"objective": "kl_cov", "covariance_share": 0.1, "kl_coefficient": 0.5}
#: Between the entropies of two steps, so that the coefficient both rises and falls.
TARGET = {"target": 3.06, "delta": 0.03, "min": 0.01, "max": 0.05}
MASKING = {"importance_mode": "sequence_mask", "importance_cap": 1.5}

ITERATIONS = {
    "grpo": changed(SPEC, estimator="grpo"),
    "dr_grpo, constant": changed(SPEC, estimator="dr_grpo", aggregation="constant", constant_length=14),
    "arm": SPEC,
    "arm, hot": changed(SPEC, temperature=0.7),
    "arm, sequence mean, mixed groups": changed(SPEC, aggregation="sequence_mean", scope="mixed_only"),
    "arm, low prompt confidence": changed(SPEC, prompt_confidence="low", scope="correct_only"),
    "arm, group mean": changed(SPEC, prompt_confidence="group_mean"),
    "arm, no prompt confidence, biased std": changed(SPEC, prompt_confidence="none", ddof=0, eps=0.1),
    "arm, importance weights": changed(SPEC, importance_cap=1.5),
    "arm, entropy bonus": changed(SPEC, entropy_coefficient=0.02, temperature=1.3),
    "rloo": changed(SPEC, estimator="rloo"),
    "reinforce_pp_baseline": changed(SPEC, estimator="reinforce_pp_baseline"),
    "pass_at_k": changed(SPEC, estimator="pass_at_k", k=2),
    "gspo": changed(SPEC, **GSPO),
    "gspo, sequence mean": changed(SPEC, **GSPO, aggregation="sequence_mean"),
    "cispo": changed(SPEC, objective="cispo"),
    "arm, sequence masking": changed(SPEC, **MASKING),
    "three steps, rloo": changed(FAR, estimator="rloo"),
    "three steps, reinforce_pp_baseline": changed(FAR, estimator="reinforce_pp_baseline", aggregation="sequence_mean"),
    "three steps, pass_at_k, hot": changed(FAR, estimator="pass_at_k", k=2, temperature=0.7),
    "three steps, gspo": changed(FAR, **GSPO),
    "three steps, gspo as in its paper": changed(
        FAR, **GSPO, aggregation="sequence_mean", estimator="grpo", learning_rate=0.1
    ),
    "three steps, gspo, everything": changed(
        FAR, **GSPO, importance_cap=1.5, entropy_coefficient=0.02, temperature=0.8
    ),
    "three steps, cispo": changed(FAR, objective="cispo"),
    "three steps, cispo, masking": changed(FAR, objective="cispo", **MASKING, aggregation="sequence_mean"),
    "three steps, masking": changed(FAR, **MASKING),
    "three steps, gspo, masking": changed(FAR, **GSPO, **MASKING),
    **{
        f"kl, {estimator}, {'with' if ratio else 'no'} ratio": changed(
            SPEC, kl={"coefficient": 0.5, "estimator": estimator, "with_ratio": ratio}, temperature=1.3
        )
        for estimator in ("k1", "k2", "k3")
        for ratio in (True, False)
    },
    "three steps, kl": changed(FAR, kl={"coefficient": 0.3}, aggregation="sequence_mean"),
    "three steps, kl, k1, no ratio": changed(FAR, kl={"coefficient": 0.3, "estimator": "k1", "with_ratio": False}),
    "three steps, gspo, kl, masking": changed(FAR, **GSPO, **MASKING, kl={"coefficient": 0.3}),
    "three steps, cispo, kl, k2": changed(FAR, objective="cispo", kl={"coefficient": 0.3, "estimator": "k2"}),
    "weighted_reinforce": changed(SPEC, estimator="weighted_reinforce"),
    "clip_cov": changed(SPEC, **CLIP_COV),
    "kl_cov": changed(SPEC, **KL_COV),
    "high entropy": changed(SPEC, high_entropy_share=0.2),
    "three steps, weighted_reinforce, dual clip": changed(FAR, estimator="weighted_reinforce", dual_clip=1.5),
    "three steps, dual clip": changed(FAR, dual_clip=1.5),
    "three steps, clip_cov": changed(FAR, **CLIP_COV, aggregation="sequence_mean"),
    "three steps, kl_cov, hot": changed(FAR, **KL_COV, temperature=0.7),
    "three steps, high entropy": changed(FAR, high_entropy_share=0.2, aggregation="sequence_mean", importance_cap=1.5),
    "three steps, gspo, high entropy": changed(FAR, **GSPO, high_entropy_share=0.3, entropy_coefficient=0.02),
    "three steps, entropy target": changed(FAR, entropy_target=TARGET, temperature=1.3),
    "three steps, kl_cov, both": changed(FAR, **KL_COV, entropy_target=TARGET, high_entropy_share=0.5),
    "three steps, grpo": changed(FAR, estimator="grpo"),
    "three steps, arm": FAR,
    "three steps, everything": changed(
        FAR, importance_cap=1.5, entropy_coefficient=0.02, temperature=0.8, aggregation="sequence_mean"
    ),
}


#: `make test` compares one iteration of each kind; `.ci/run` samples the rest, `make proofs` runs all.
IN_MAKE_TEST = {"arm", "grpo", "gspo", "pass_at_k", "three steps, arm", "three steps, kl"}
NAMES = [name if name in IN_MAKE_TEST else pytest.param(name, marks=pytest.mark.slow) for name in ITERATIONS]


@pytest.mark.parametrize("name", NAMES)
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
    reference = nearby(module)
    done = run(module, batch, spec, reference=reference)

    wanted = oracle_advantages(module, batch, spec)
    assert done.iteration.advantages is not None
    found = done.iteration.advantages.total
    np.testing.assert_allclose(found.numpy(), wanted, rtol=0, atol=EXACT)
    assert (found[~done.iteration.groups.judged] == 0).all()

    minibatches = list(torch.arange(len(batch.prompt_ids)).split(spec.minibatch_prompts))
    assert len(done.engine.gradients) == len(minibatches) == done.result["metrics"]["optimiser_steps"]
    losses, masked = [], []
    target = flat(spec).entropy_target
    # Of an adaptive bonus the coefficient, and the weight of the bonus in the coming step.
    coefficient, weight = (target["min"], 0.0) if target else (0.0, spec.objective.entropy_coefficient)
    found_weights = set()
    for groups_of_step, gradient, weights in zip(minibatches, done.engine.gradients, done.engine.weights, strict=True):
        now = policy()
        now.load_state_dict(weights)
        minibatch = range(int(groups_of_step[0]), int(groups_of_step[-1]) + 1)
        step = oracle_step(now, module, batch, spec, wanted, minibatch, weight, reference)
        losses.append(step.loss)
        masked += step.masked
        assert difference(gradient, step.gradient) <= EXACT
        assert_seen(spec, step)
        if target:
            coefficient, weight = oracle.adapted(coefficient, step.entropies, target)
            found_weights.add(weight)
    assert abs(done.result["metrics"]["loss"] - np.mean(losses)) <= EXACT * done.token_loss_scale
    if target:
        kept = {name: done.result["metrics"][f"objective_{name}"] for name in ("entropy_coefficient", "entropy_bonus")}
        assert kept == pytest.approx({"entropy_coefficient": coefficient, "entropy_bonus": weight}, rel=1e-15)
        assert len(found_weights) > 1, "the bonus never changed: this test would not see it"
    if flat(spec).importance_mode == "sequence_mask":
        assert done.result["metrics"]["importance_masked_share"] == np.mean(masked)
        assert 0.1 < np.mean(masked) < 0.9, "nothing or all was masked: this test would not see it"
    if spec.minibatch_prompts == FAR.minibatch_prompts and spec.objective.kind != "kl_cov":
        assert done.result["metrics"]["clip_fraction"] > 0.01, "the clip never took hold: this test would not see it"


def assert_seen(spec: StepSettings, step: Step) -> None:
    """Some tokens are treated apart and others are not: otherwise the comparison would not see it."""
    apart, kept = np.concatenate(step.apart), np.concatenate(step.kept)
    assert apart.any() == (spec.objective.kind in ("clip_cov", "kl_cov")) and not apart.all()
    share = spec.objective.high_entropy_share
    assert kept.all() if share is None else -1 / len(kept) < kept.mean() - share < 0.2, "more than the share: ties"


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["any_correct", "mixed_only", "correct_only"]),
    st.sampled_from(["mean", "low", "group_mean", "none"]),
)
def test_arm_advantages_of_any_rollouts(seed: int, scope: str, prompt_confidence: str) -> None:
    spec = changed(SPEC, scope=scope, prompt_confidence=prompt_confidence)
    module, batch = policy(), rollouts(prompts=3, samples=4, seed=seed, not_judged=0.3)
    found = run(module, batch, spec).iteration.advantages
    assert found is not None
    np.testing.assert_allclose(found.total.numpy(), oracle_advantages(module, batch, spec), rtol=0, atol=EXACT)
