"""GSPO's objective: PPO's clip of a whole response's ratio, normalised by its length."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from specs.objectives import Gspo
from tasks.train.objectives.base import Objective, Tokens
from tasks.train.objectives.ppo_clip import is_clipped, ppo_clip
from tasks.train.objectives.weights import at_tokens

LABEL = "GSPO"
CITATION = "Group Sequence Policy Optimization, arXiv 2507.18071"
VERSION = 1


class GspoObjective(Objective[Gspo]):
    """PPO's clipped objective of s_i in the place of r_it.

    All tokens of a response have one loss and one weight, so that the gradient is that of
    weight * |o_i| * min(s_i A, clip(s_i) A), the paper's objective with `aggregation: sequence_mean` (and TRL's
    importance_sampling_level="sequence"; verl's stop-gradient form of it has the same gradient).
    """

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses, where the clip stops the gradient) [tokens]."""
        low, high = self.settings.clip_low, self.settings.clip_high
        log_ratio = sequence_log_ratio(tokens.log_ratio, tokens.lengths)
        losses = ppo_clip(log_ratio, tokens.advantage, clip_low=low, clip_high=high)
        return losses, is_clipped(log_ratio.detach(), tokens.advantage, clip_low=low, clip_high=high)


def sequence_log_ratio(log_ratio: Tensor, lengths: Sequence[int]) -> Tensor:
    """Return log s_i = mean over response i of log r_it, at each of its tokens [tokens].

    `lengths`: tokens of the responses, which lie whole and one after the other.
    """
    return at_tokens([part.mean() for part in log_ratio.split(list(lengths))], lengths)
