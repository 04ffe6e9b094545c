"""What a pass over the rollouts says about them under the old policy, and the advantages that follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from tasks.train.advantages import arm_bonus, group_mean_confidence
from tasks.train.batch import MicroBatch
from tasks.train.confidence import confidence
from tasks.train.forward import TokenStats
from tasks.train.settings import StepSpec


class Ranks(Protocol):
    """Collective operations between ranks."""

    rank: int
    size: int

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks, on all ranks."""
        ...


@dataclass
class Passed:
    """Statistics of responses and prompts under the old policy, as they come in; complete after a gather."""

    log_probs: dict[tuple[int, int], Tensor] = field(default_factory=dict)  # [response tokens], logits / temperature
    log_probs_t1: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    entropies: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    prompts: dict[int, Tensor] = field(default_factory=dict)  # [content tokens], temperature 1

    def add(self, micro: MicroBatch, stats: TokenStats) -> None:
        scaled, at_one, entropy = (t.detach().cpu() for t in stats)
        for group, sample, start, stop in micro.responses:
            self.log_probs[group, sample] = scaled[start:stop]
            self.log_probs_t1[group, sample] = at_one[start:stop]
            self.entropies[group, sample] = entropy[start:stop]
        for group, start, stop in micro.prompts:
            self.prompts[group] = at_one[start:stop]

    def update(self, other: Passed) -> None:
        self.log_probs |= other.log_probs
        self.log_probs_t1 |= other.log_probs_t1
        self.entropies |= other.entropies
        self.prompts |= other.prompts

    def gathered(self, ranks: Ranks) -> Passed:
        whole = Passed()
        for part in ranks.gather(self):
            whole.update(part)
        return whole


@dataclass(frozen=True, slots=True)
class Advantages:
    """Float64 tensors [P, G] ([P, 1] for c_q); zeros where a response was not passed or not judged."""

    base: Tensor
    bonus: Tensor
    total: Tensor
    c_q: Tensor
    c_o: Tensor


def advantages_of(passed: Passed, base: Tensor, scores: Tensor, judged: Tensor, spec: StepSpec) -> Advantages:
    """Advantages of the responses in `passed`. Confidences are computed for every estimator, so that a control logs the
    same curves; they change the advantages of `arm` with alpha > 0 only."""
    c_o = torch.zeros_like(base)
    for (group, sample), log_probs in passed.log_probs_t1.items():
        c_o[group, sample] = confidence(log_probs, spec.low_probability_fraction)
    c_q = torch.zeros(len(base), 1, dtype=base.dtype)
    if spec.prompt_confidence == "group_mean":
        c_q = group_mean_confidence(c_o, scores, judged, correct_at=spec.correct_at)
    elif spec.prompt_confidence != "none":
        fraction = spec.low_probability_fraction if spec.prompt_confidence == "low" else 1.0
        for group, log_probs in passed.prompts.items():
            c_q[group, 0] = confidence(log_probs, fraction)
    if spec.estimator != "arm" or spec.alpha == 0:
        return Advantages(base, torch.zeros_like(base), base, c_q, c_o)
    bonus = arm_bonus(c_q, c_o, scores, judged, alpha=spec.alpha, scope=spec.scope, correct_at=spec.correct_at)
    return Advantages(base, bonus, base + bonus, c_q, c_o)
