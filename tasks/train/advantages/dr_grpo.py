"""Dr. GRPO's advantage: the score minus the group's mean."""

from __future__ import annotations

from torch import Tensor

from specs.advantages import DrGrpo
from tasks.train.advantages.groups import Groups, centred

LABEL = "Dr. GRPO"
CITATION = "Understanding R1-Zero-Like Training, arXiv 2503.20783"
VERSION = 1


def dr_grpo(groups: Groups, settings: DrGrpo) -> Tensor:
    """Return A_i = R_i - mean(R) [prompts, samples]: no division by the standard deviation."""
    return centred(groups)[0]
