"""RLOO's advantage: the score minus the mean of the group's other responses."""

from __future__ import annotations

from torch import Tensor

from specs.advantages import Rloo
from tasks.train.advantages.groups import Groups, centred

LABEL = "RLOO"
CITATION = "Back to Basics, arXiv 2402.14740"
VERSION = 1


def rloo(groups: Groups, settings: Rloo) -> Tensor:
    """Return A_i = R_i - mean of the n - 1 other judged scores = n / (n - 1) (R_i - mean(R)) [prompts, samples]."""
    deviation, count = centred(groups)
    return deviation * count / (count - 1).clamp(min=1)
