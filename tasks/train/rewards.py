"""From the terms of a reward to the advantages that the reward alone gives: one sum, or a sum of each term's own."""

from __future__ import annotations

import torch
from torch import Tensor

from tasks.train.advantages.groups import Groups
from tasks.train.advantages.registry import Estimator
from tasks.train.batch import GroupBatch
from tasks.train.settings import RewardWeights

_EPS = 1e-4  # TRL's, added to the standard deviation of the batch


def rewarded(batch: GroupBatch, outcomes: Groups, reward: RewardWeights) -> Groups:
    """Return the groups with the reward in the place of the outcome's score; what is correct stays as it was.

    The reward is R = sum of w_k r_k over the terms that apply.
    """
    terms = term_groups(batch, outcomes, reward)
    total = sum(
        (reward.weights[name] * torch.where(each.judged, each.scores, 0.0) for name, each in terms.items()),
        start=torch.zeros_like(outcomes.scores),
    )
    return Groups(total, outcomes.judged, outcomes.lengths, outcomes.correct)


def term_groups(batch: GroupBatch, outcomes: Groups, reward: RewardWeights) -> dict[str, Groups]:
    """Return the values of each term as groups of their own; where a term does not apply, it was not judged."""
    found = {}
    for name in reward.weights:
        if name == reward.outcome:
            found[name] = outcomes
            continue
        values = [[terms[name] for terms in group] for group in batch.terms]
        applies = torch.tensor([[value is not None for value in group] for group in values]) & outcomes.judged
        numbers = torch.tensor([[value or 0.0 for value in group] for group in values], dtype=torch.float64)
        found[name] = Groups(torch.where(applies, numbers, 0.0), applies, outcomes.lengths, outcomes.correct & applies)
    return found


def decoupled(estimator: Estimator, batch: GroupBatch, outcomes: Groups, reward: RewardWeights) -> Tensor:
    """Return the weighted sum of each term's own advantage, normalised over the batch [prompts, samples].

    GDPO (arXiv 2601.05242): A = sum of w_k A_k, then (A - mean(A)) / (std(A) + eps) over the
    responses of the batch, so that its scale does not grow with the number of terms. Only judged responses of groups
    with two or more of them take part, and the others get 0; ddof 1, as in TRL 1.16.
    """
    total = torch.zeros_like(outcomes.scores)
    for name, groups in term_groups(batch, outcomes, reward).items():
        total = total + reward.weights[name] * estimator.base(groups)
    counted = outcomes.judged & (outcomes.judged.sum(-1, keepdim=True) >= 2)
    values = total[counted]
    if len(values) < 2:
        return torch.zeros_like(total)
    return torch.where(counted, (total - values.mean()) / (values.std() + _EPS), 0.0)
