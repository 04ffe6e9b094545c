"""The model's own confidence in a prompt and in a response (method.md, equations for c(q), c(o | q); arXiv 2602.05281)."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor


def low_probability_count(length: int, fraction: float) -> int:
    """|T_low| = max(1, ceil(fraction * length)), in exact arithmetic: 0.2 * 15 is 3, where floats give 3.0000000000000004."""
    return max(1, math.ceil(Fraction(str(fraction)) * length))


def confidence(log_probs: Tensor, fraction: float = 1.0) -> float:
    """Geometric mean of the `fraction` least likely tokens' probabilities, in (0, 1].

    `log_probs` [tokens]: natural log-probabilities at temperature 1, padding never among them. With fraction 0.2 it is
    c(o | q) over T_low (ARM's answer confidence); with 1.0 over the prompt's tokens it is c(q) = 1 / PPL(q).
    Float64 inside: a sum over 8,192 tokens must not depend on how it is split.
    """
    assert log_probs.ndim == 1 and len(log_probs), "a confidence needs at least one token"
    count = low_probability_count(len(log_probs), fraction)
    lowest = torch.topk(log_probs.detach().double(), count, largest=False, sorted=False).values
    return math.exp(lowest.mean().item())
