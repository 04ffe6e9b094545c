"""KL-Cov's objective: no clip, and a penalty that holds a few tokens to the old policy."""

from __future__ import annotations

import torch
from torch import Tensor

from specs.objectives import KlCov
from tasks.train.objectives.base import Minibatch, Objective, Tokens
from tasks.train.objectives.selection import TIE, covariances, largest, of_tokens, share_count

LABEL = "KL-Cov"
CITATION = "The Entropy Mechanism of RL, arXiv 2505.22617, equation 13"
VERSION = 1


class KlCovObjective(Objective[KlCov]):
    """-r A, and coefficient * |log r| besides at the tokens with the largest covariance.

    verl 0.9 takes means and the largest from whatever lies in a micro-batch, under the policy in training; here they
    are of the optimizer's minibatch under the old policy. Tokens that tie are held alike.
    """

    def statistics(self, minibatch: Minibatch) -> Tensor:
        """Return the tokens that are held."""
        covariance = covariances(minibatch)
        count = share_count(len(covariance), self.settings.covariance_share)
        return largest(covariance, count)

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses, False everywhere: nothing is clipped) [tokens]."""
        held = of_tokens(tokens.statistics, tokens)
        losses = kl_cov(tokens.log_ratio, tokens.advantage, held, coefficient=self.settings.kl_coefficient)
        return losses, torch.zeros_like(held)


def kl_cov(log_ratio: Tensor, advantage: Tensor, held: Tensor, *, coefficient: float) -> Tensor:
    """Return -r A, plus coefficient * |log r| where `held` [tokens], to be minimised. `log_ratio` = log pi / pi_old.

    |log r| up to TIE counts as 0: in the first step log r is rounding alone, whose sign would be the gradient.
    """
    distance = torch.where(log_ratio.detach().abs() > TIE, log_ratio.abs(), 0.0)
    return -log_ratio.exp() * advantage + torch.where(held, coefficient * distance, 0.0)
