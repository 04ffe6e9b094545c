"""W-REINFORCE's advantage: rewards of +1 and -1 without a baseline, those of correct responses weighted down."""

from __future__ import annotations

import torch
from torch import Tensor

from specs.advantages import WeightedReinforce
from tasks.train.advantages.groups import Groups

LABEL = "W-REINFORCE"
CITATION = "The Surprising Effectiveness of Negative Reinforcement, arXiv 2506.01347"
VERSION = 1


def weighted_reinforce(groups: Groups, settings: WeightedReinforce) -> Tensor:
    """Return A_i = lambda of correct responses, -1 of wrong ones [prompts, samples]; lambda is `positive_weight`.

    The paper's L = lambda L_PSR + L_NSR weighs REINFORCE's terms of the two kinds of responses. A weight of a whole
    response that knows its score alone is an advantage, so any objective and aggregation goes with it (the authors'
    code too computes it as one). 1 is REINFORCE with rewards of +1 and -1; 0 trains on wrong responses alone (NSR).
    """
    counted = groups.judged & (groups.judged.sum(-1, keepdim=True) >= 2)
    weight = groups.scores.new_tensor(settings.positive_weight)
    return torch.where(counted, torch.where(groups.correct, weight, -1.0), 0.0)
