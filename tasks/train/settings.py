"""The settings of training, as they travel to the ranks: the spec's own models, and what is in no key."""

from __future__ import annotations

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
class StepSettings:
    """The settings of one iteration's optimizer steps. Names and units as in the spec (specs/sections.py).

    `objective.importance_correction.mode` is one of token, sequence_mask, off: `auto` is resolved before.
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
