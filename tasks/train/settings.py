"""What the training stage reads of a spec, flat and plain: it travels to the ranks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepSpec:
    """The parts of a spec that the training stage reads, flat. Names as in specs/schema.py."""

    temperature: float
    estimator: str
    k: int | None  # of pass_at_k
    alpha: float
    low_probability_fraction: float
    scope: str
    prompt_confidence: str
    eps: float
    ddof: int
    correct_at: float
    objective: str  # its kind
    clip_low: float
    clip_high: float
    aggregation: str
    constant_length: int | None
    entropy_coefficient: float
    importance_mode: str  # token, sequence_mask; read with a cap only
    importance_cap: float | None  # None: no importance correction
    minibatch_prompts: int
    learning_rate: float
    warmup_steps: int
    schedule: str
    decay_steps: int | None
    min_ratio: float
    token_budget: int
    audit_max_mean: float
    audit_min_effective_share: float
