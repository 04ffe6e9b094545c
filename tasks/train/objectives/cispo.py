"""CISPO's objective: log-probability weighted with a capped ratio that is constant in the gradient."""

from __future__ import annotations

from torch import Tensor

from specs.objectives import Cispo
from tasks.train.objectives.base import Objective, Tokens

LABEL = "CISPO"
CITATION = "MiniMax-M1, arXiv 2506.13585"
VERSION = 1


class CispoObjective(Objective[Cispo]):
    """-min(r, 1 + high) A log pi: where the ratio is large a token's gradient is capped, never lost.

    The paper's lower bound is off in its experiments, as here. TRL's `epsilon_high` is 1 + high.
    """

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses, where the cap makes the gradient smaller) [tokens]."""
        high = self.settings.clip_high
        losses = cispo(tokens.log_prob, tokens.log_ratio, tokens.advantage, clip_high=high)
        return losses, is_capped(tokens.log_ratio.detach(), tokens.advantage, clip_high=high)


def cispo(log_prob: Tensor, log_ratio: Tensor, advantage: Tensor, *, clip_high: float) -> Tensor:
    """Return -min(r, 1 + high) A log pi [tokens], to be minimised; the weight is constant in the gradient."""
    return -log_ratio.exp().clamp(max=1.0 + clip_high).detach() * advantage * log_prob


def is_capped(log_ratio: Tensor, advantage: Tensor, *, clip_high: float) -> Tensor:
    """Return where the cap makes the gradient smaller [tokens], bool."""
    return (log_ratio.exp() > 1.0 + clip_high) & (advantage != 0)
