"""Clip-Cov's objective: PPO's clip, and no gradient for a few tokens that lower the entropy most."""

from __future__ import annotations

import torch
from torch import Tensor

from specs.objectives import ClipCov
from tasks.train.objectives.base import Minibatch, Objective, Tokens
from tasks.train.objectives.ppo_clip import is_clipped, ppo_clip
from tasks.train.objectives.selection import covariances, drawn, of_tokens, share_count

LABEL = "Clip-Cov"
CITATION = "The Entropy Mechanism of RL, arXiv 2505.22617, equation 11"
VERSION = 1


class ClipCovObjective(Objective[ClipCov]):
    """PPO's clipped loss, and 0 for tokens drawn among those whose covariance lies between two bounds.

    verl 0.9 takes means, candidates and draw from whatever lies in a micro-batch, under the policy in training, leaves
    out tokens that PPO's clip stops already, and draws unseeded. Here all are of the optimizer's minibatch under the
    old policy, for which no clip holds, and the draw is keyed by the minibatch's seed.
    """

    def statistics(self, minibatch: Minibatch) -> Tensor:
        """Return the tokens that lose their gradient."""
        low, high = self.settings.covariance_low, self.settings.covariance_high
        return drawn_by_covariance(covariances(minibatch), low, high, self.settings.covariance_share, minibatch.seed)

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses, where PPO's clip or the covariance stops the gradient) [tokens]."""
        low, high = self.settings.clip_low, self.settings.clip_high
        dropped = of_tokens(tokens.statistics, tokens)
        losses = ppo_clip(tokens.log_ratio, tokens.advantage, clip_low=low, clip_high=high)
        clipped = is_clipped(tokens.log_ratio.detach(), tokens.advantage, clip_low=low, clip_high=high)
        return torch.where(dropped, 0.0, losses), clipped | dropped


def drawn_by_covariance(covariance: Tensor, low: float, high: float, share: float, seed: int) -> Tensor:
    """Return max(1, floor(share * tokens)) of the tokens with low < covariance < high, or all of them if fewer, bool.

    `covariance` [tokens]: of a whole minibatch.
    """
    candidates = (covariance > low) & (covariance < high)
    return drawn(candidates, share_count(len(covariance), share), seed)
