"""From a training step's inputs to what the ranks are given: settings, and rollouts with verdicts as a GroupBatch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specs.identity import advantage_settings_of, objective_settings_of
from tasks.records import EncodedProblem, Rollout, Verdict
from tasks.train.batch import GroupBatch
from tasks.train.objectives import registry
from tasks.train.settings import AdamWSettings, RewardWeights, StepSettings


def adamw_settings(part: Mapping[str, Any]) -> AdamWSettings:
    """Return AdamW's settings, from the training part of a key or an old manifest.

    Raises SpecError where a user's own code cannot be used.
    """
    train, objective = part["train"], objective_settings_of(part["objective"])
    head = (objective, part["seed"]) if registry.objective_of(objective).has_head else None
    return AdamWSettings(
        betas=tuple(train["betas"]),
        adam_eps=train["adam_eps"],
        weight_decay=train["weight_decay"],
        max_grad_norm=train["max_grad_norm"],
        head=head,
    )


def step_settings(
    part: Mapping[str, Any], *, token_budget: int, audit_max_mean: float, audit_min_effective_share: float
) -> StepSettings:
    """Return the settings of an iteration, from the training part of a key or an old manifest and what is in no key.

    Raises SpecError where a user's own code is not there, or not what the part was made with.
    """
    train = part["train"]
    return StepSettings(
        advantage=advantage_settings_of(part["advantage"]),
        objective=objective_settings_of(part["objective"]),
        temperature=part["temperature"],
        correct_at=part["correct_at"],
        seed=part["seed"],
        minibatch_prompts=train["minibatch_prompts"],
        learning_rate=train["learning_rate"],
        warmup_steps=train["warmup_steps"],
        schedule=train["schedule"],
        decay_steps=train["decay_steps"],
        min_ratio=train["min_ratio"],
        token_budget=token_budget,
        audit_max_mean=audit_max_mean,
        audit_min_effective_share=audit_min_effective_share,
        reward=RewardWeights(**part["reward"]) if "reward" in part else None,
    )


def group_batch(
    problems: Mapping[str, EncodedProblem],
    rollouts: Sequence[Rollout],
    verdicts: Sequence[Verdict],
    reward: RewardWeights | None = None,
) -> GroupBatch:
    """Return rollouts with their verdicts, one each, as groups.

    All samples of a problem stand together, problems in the order of the draw. A response of which a term with a
    weight failed has no reward: it is not judged.
    """
    assert len(rollouts) == len(verdicts), (len(rollouts), len(verdicts))
    groups: dict[str, list[tuple[Rollout, Verdict]]] = {}
    for rollout, verdict in zip(rollouts, verdicts, strict=True):
        groups.setdefault(rollout.problem_id, []).append((rollout, verdict))
    weighed = {name for name, weight in reward.weights.items() if weight} if reward else set[str]()
    return GroupBatch(
        problem_ids=list(groups),
        prompt_ids=[problems[name].prompt_ids for name in groups],
        content=[problems[name].content for name in groups],
        response_ids=[[r.response_ids for r, _ in group] for group in groups.values()],
        engine_log_probs=[[r.logprobs for r, _ in group] for group in groups.values()],
        scores=[[None if weighed & v.failed.keys() else v.score for _, v in group] for group in groups.values()],
        terms=[[v.terms for _, v in group] for group in groups.values()] if reward else (),
    )
