"""The scored responses of an iteration: what an advantage estimator reads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Groups:
    """Prompts with their group of sampled responses. Tensors [prompts, samples], on the CPU.

    What was not judged takes no part in any statistic and gets exactly 0; so does a whole group with fewer than two
    judged samples.
    """

    scores: Tensor  # float64; 0 where not judged
    judged: Tensor  # bool
    lengths: Tensor  # response tokens
    correct: Tensor  # bool: judged, and the score is at least reward.correct_at

    @classmethod
    def of(cls, scores: Tensor, judged: Tensor, lengths: Tensor, *, correct_at: float) -> Groups:
        """Return the groups of these scores, where `correct_at` and above is correct."""
        return cls(scores, judged, lengths, judged & (scores >= correct_at))


def centred(groups: Groups) -> tuple[Tensor, Tensor]:
    """Return R_i - mean(R) over the judged ones [prompts, samples], 0 elsewhere; and their number [prompts, 1]."""
    count = groups.judged.sum(-1, keepdim=True)
    mean = torch.where(groups.judged, groups.scores, 0.0).sum(-1, keepdim=True) / count.clamp(min=1)
    return torch.where(groups.judged & (count >= 2), groups.scores - mean, 0.0), count
