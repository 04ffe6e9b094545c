"""From a step's inputs to what the ranks are told: the settings of a step, and rollouts with verdicts as a GroupBatch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.records import EncodedProblem, Rollout, Verdict
from tasks.train.batch import GroupBatch
from tasks.train.settings import StepSpec


def adamw_settings(part: Mapping[str, Any]) -> dict[str, Any]:
    """AdamW's settings from the training stage's part of a spec (specs.identity.train_part)."""
    train = part["train"]
    return {
        "betas": tuple(train["betas"]),
        **{key: train[key] for key in ("adam_eps", "weight_decay", "max_grad_norm")},
    }


def step_spec(
    part: Mapping[str, Any], *, token_budget: int, audit_max_mean: float, audit_min_effective_share: float
) -> StepSpec:
    """The settings of an iteration from the training stage's part and what is no part of any key."""
    advantage, objective, train = part["advantage"], part["objective"], part["train"]
    correction = objective["importance_correction"]
    return StepSpec(
        temperature=part["temperature"],
        estimator=advantage["estimator"],
        # A part leaves out the settings that its estimator or objective does not read; any value does for those.
        k=advantage.get("k"),
        alpha=advantage.get("alpha", 0.0),
        low_probability_fraction=advantage["low_probability_fraction"],
        scope=advantage.get("scope", "any_correct"),
        prompt_confidence=advantage["prompt_confidence"],
        eps=advantage.get("eps", 0.0),
        ddof=advantage.get("ddof", 1),
        correct_at=part["correct_at"],
        objective=objective["kind"],
        clip_low=objective.get("clip_low", 0.0),
        clip_high=objective["clip_high"],
        aggregation=objective["aggregation"],
        constant_length=objective["constant_length"],
        entropy_coefficient=objective["entropy_coefficient"],
        importance_mode=correction.get("mode", "token") if correction else "token",
        importance_cap=correction["cap"] if correction else None,
        minibatch_prompts=train["minibatch_prompts"],
        learning_rate=train["learning_rate"],
        warmup_steps=train["warmup_steps"],
        schedule=train["schedule"],
        decay_steps=train["decay_steps"],
        min_ratio=train["min_ratio"],
        token_budget=token_budget,
        audit_max_mean=audit_max_mean,
        audit_min_effective_share=audit_min_effective_share,
    )


def group_batch(
    problems: Mapping[str, EncodedProblem], rollouts: Sequence[Rollout], verdicts: Sequence[Verdict]
) -> GroupBatch:
    """Rollouts (all samples of a problem together, problems in the order of the draw) with their verdicts, one each."""
    assert len(rollouts) == len(verdicts), (len(rollouts), len(verdicts))
    groups: dict[str, list[tuple[Rollout, Verdict]]] = {}
    for rollout, verdict in zip(rollouts, verdicts, strict=True):
        groups.setdefault(rollout.problem_id, []).append((rollout, verdict))
    return GroupBatch(
        problem_ids=list(groups),
        prompt_ids=[problems[name].prompt_ids for name in groups],
        content=[problems[name].content for name in groups],
        response_ids=[[r.response_ids for r, _ in group] for group in groups.values()],
        engine_log_probs=[[r.logprobs for r, _ in group] for group in groups.values()],
        scores=[[v.score for _, v in group] for group in groups.values()],
    )
