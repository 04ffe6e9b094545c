"""REINFORCE++-baseline's advantage: the score minus the group's mean, whitened over the tokens of the rollout batch."""

from __future__ import annotations

import torch
from torch import Tensor

from specs.advantages import ReinforcePpBaseline
from tasks.train.advantages.groups import Groups, centred

LABEL = "REINFORCE++-baseline"
CITATION = "REINFORCE++, arXiv 2501.03262"
VERSION = 1


def reinforce_pp_baseline(groups: Groups, settings: ReinforcePpBaseline) -> Tensor:
    """Return A_i = (B_i - mean(B)) / sqrt(var(B) + 1e-8) with B_i = R_i - mean(R) of its group [prompts, samples].

    Mean and variance (ddof 1) are over the response tokens of the whole rollout batch: a response counts once for
    each of its tokens. Responses that get 0 (not judged, or alone) have no part in them. The same as verl 0.9's
    masked whitening, but that verl adds 1e-8 to the number of tokens too, and lets a response alone in its group keep
    its score.
    """
    deviation, count = centred(groups)
    counted = groups.judged & (count >= 2)
    tokens = torch.where(counted, groups.lengths, 0).double()
    mean = (tokens * deviation).sum() / tokens.sum().clamp(min=1)
    variance = (tokens * (deviation - mean).square()).sum() / (tokens.sum() - 1).clamp(min=1)
    return torch.where(counted, (deviation - mean) / (variance + 1e-8).sqrt(), 0.0)
