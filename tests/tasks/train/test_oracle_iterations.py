"""Loss and gradient of whole iterations against a float64 NumPy oracle (oracle.py).

Its log-probabilities come from the Hugging Face model, one sequence at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    options = {"eps": spec.eps, "ddof": spec.ddof, "k": spec.k, "correct_at": spec.correct_at}
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


def oracle_step(
    now: PolicyModule,
    old: PolicyModule,
    batch: GroupBatch,
    settings: StepSettings,
    advantages: list[list[float]],
    minibatch: range,
    reference: PolicyModule,
) -> tuple[float, Tensor, list[bool]]:
    """Return of one optimizer step: loss in NumPy, gradient by autograd, and which responses weigh nothing."""
    spec = flat(settings)
    losses: list[np.ndarray] = []
    plain: list[Tensor] = []
    masked: list[bool] = []
    for g in minibatch:
        for s, response in enumerate(batch.response_ids[g]):
            if batch.scores[g][s] is None:
                continue
            new, _, entropies = teacher_forced(now, batch.prompt_ids[g], response, spec.temperature)
            with torch.no_grad():
                before = teacher_forced(old, batch.prompt_ids[g], response, spec.temperature)[0]
            a = advantages[g][s]
            clips = {"clip_low": spec.clip_low, "clip_high": spec.clip_high}
            values = oracle.token_losses(spec.objective, new.detach().numpy(), before.numpy(), a, **clips)
            ratio = torch.exp(new - before)
            if spec.objective == "gspo":
                ratio = (torch.prod(ratio) ** (1 / len(response))).expand(len(response))
            if spec.objective == "cispo":
                token_loss = -torch.clip(ratio, max=1 + spec.clip_high).detach() * a * new
            else:
                token_loss = -torch.min(ratio * a, torch.clip(ratio, 1 - spec.clip_low, 1 + spec.clip_high) * a)
            if spec.importance_cap is not None:
                engine = np.array(batch.engine_log_probs[g][s])
                correct = oracle.sequence_mask if spec.importance_mode == "sequence_mask" else oracle.importance
                weight = np.broadcast_to(correct(before.numpy(), engine, spec.importance_cap), len(response))
                masked.append(not weight.any())
                values, token_loss = values * weight, token_loss * torch.tensor(weight.copy())
            values = values - spec.entropy_coefficient * entropies.detach().numpy()
            token_loss = token_loss - spec.entropy_coefficient * entropies
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
            losses.append(values)
            plain.append(token_loss)
    if spec.aggregation == "token_mean":
        loss = torch.cat(plain).mean()
    elif spec.aggregation == "sequence_mean":
        loss = torch.stack([x.mean() for x in plain]).mean()
    else:
        assert spec.constant_length
        loss = torch.cat(plain).sum() / (len(plain) * spec.constant_length)
    gradient = torch.autograd.grad(loss, list(now.parameters()))
    return (
        oracle.aggregate(losses, spec.aggregation, spec.constant_length),
        torch.cat([x.flatten() for x in gradient]),
        masked,
    )


FAR = changed(OFF_POLICY, learning_rate=1.0)  # steps large enough that the clip takes hold
GSPO = {"objective": "gspo", "clip_low": 3e-4, "clip_high": 4e-4}
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
    for groups_of_step, gradient, weights in zip(minibatches, done.engine.gradients, done.engine.weights, strict=True):
        now = policy()
        now.load_state_dict(weights)
        loss, expected, weightless = oracle_step(
            now, module, batch, spec, wanted, range(int(groups_of_step[0]), int(groups_of_step[-1]) + 1), reference
        )
        losses.append(loss)
        masked += weightless
        assert difference(gradient, expected) <= EXACT
    assert abs(done.result["metrics"]["loss"] - np.mean(losses)) <= EXACT * done.token_loss_scale
    if flat(spec).importance_mode == "sequence_mask":
        assert done.result["metrics"]["importance_masked_share"] == np.mean(masked)
        assert 0.1 < np.mean(masked) < 0.9, "nothing or all was masked: this test would not see it"
    if spec.minibatch_prompts == FAR.minibatch_prompts:
        assert done.result["metrics"]["clip_fraction"] > 0.01, "the clip never took hold: this test would not see it"


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
