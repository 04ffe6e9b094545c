"""GRPO's advantage: the score minus the group's mean, over the group's standard deviation."""

from __future__ import annotations

from torch import Tensor

from specs.advantages import ScaledSettings
from tasks.train.advantages.groups import Groups, centred

LABEL = "GRPO"
CITATION = "DeepSeekMath, arXiv 2402.03300, equation 3"
VERSION = 1


def grpo(groups: Groups, settings: ScaledSettings) -> Tensor:
    """Return A_i = (R_i - mean(R)) / (std(R) + eps) [prompts, samples]."""
    deviation, count = centred(groups)
    std = (deviation.square().sum(-1, keepdim=True) / (count - settings.ddof).clamp(min=1)).sqrt()
    return deviation / (std + settings.eps)
