"""The settings of training, as they travel to the ranks: the spec's own models, and what is in no key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from specs.advantages import Advantage
from specs.objectives import Objective


@dataclass(frozen=True, slots=True)
class AdamWSettings:
    """AdamW's settings, which the ranks take when they load a policy; the learning rate comes with each step.

    `head`: of an objective that trains a head of its own, its settings and the seed of the head's first values.
    """

    betas: tuple[float, float]
    adam_eps: float
    weight_decay: float
    max_grad_norm: float
    head: tuple[Objective, int] | None = None


@dataclass(frozen=True, slots=True)
class OptimizerOptions:
    """AdamW's settings, and the way in which DeepSpeed holds its state."""

    adamw: AdamWSettings
    zero_stage: int
    offload_optimizer: bool
    gradient_checkpointing: bool


@dataclass(frozen=True, slots=True)
class RewardWeights:
    """The way in which the terms of a reward make one advantage: `reward.outcome`, weights, `reward.aggregate`."""

    outcome: str
    weights: Mapping[str, float]
    aggregate: Literal["sum_then_normalize", "normalize_then_sum"]


@dataclass(frozen=True, slots=True)
class StepSettings:
    """The settings of one iteration's optimizer steps. Names and units as in the spec (specs/sections.py).

    `objective.importance_correction.mode` is one of token, sequence_mask, off: `auto` is resolved before.
    `reward` is None where the score of the outcome is the reward.
    """

    advantage: Advantage
    objective: Objective
    temperature: float
    correct_at: float
    seed: int
    minibatch_prompts: int
    learning_rate: float
    warmup_steps: int
    schedule: Literal["constant", "linear", "cosine"]
    decay_steps: int | None
    min_ratio: float
    token_budget: int
    audit_max_mean: float
    audit_min_effective_share: float
    reward: RewardWeights | None = None
