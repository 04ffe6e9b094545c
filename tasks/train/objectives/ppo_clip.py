"""PPO's objective with a two-sided clip of each token's ratio, and a third one where a spec asks for it."""

from __future__ import annotations

import torch
from torch import Tensor

from specs.objectives import PpoClip
from tasks.train.objectives.base import Objective, Tokens

LABEL = "PPO clip"
CITATION = "PPO, arXiv 1707.06347, equation 7; clip-higher: DAPO, arXiv 2503.14476"
VERSION = 1


class PpoClipObjective(Objective[PpoClip]):
    """-min(r A, clip(r, 1 - low, 1 + high) A), at most -c A where A < 0 (dual clip)."""

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses, where a clip stops the gradient) [tokens]."""
        low, high, dual = self.settings.clip_low, self.settings.clip_high, self.settings.dual_clip
        losses = ppo_clip(tokens.log_ratio, tokens.advantage, clip_low=low, clip_high=high)
        clipped = is_clipped(tokens.log_ratio.detach(), tokens.advantage, clip_low=low, clip_high=high)
        if dual is None:
            return losses, clipped
        return dual_clip(losses, tokens.advantage, limit=dual), clipped | is_dual_clipped(
            tokens.log_ratio.detach(), tokens.advantage, limit=dual
        )


def ppo_clip(log_ratio: Tensor, advantage: Tensor, *, clip_low: float, clip_high: float) -> Tensor:
    """Return -min(r A, clip(r, 1 - low, 1 + high) A) [tokens], to be minimised. `log_ratio` = log pi - log pi_old."""
    ratio = log_ratio.exp()
    return -torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip_low, 1.0 + clip_high) * advantage)


def is_clipped(log_ratio: Tensor, advantage: Tensor, *, clip_low: float, clip_high: float) -> Tensor:
    """Return where the clip stops the gradient [tokens], bool."""
    ratio = log_ratio.exp()
    return ((ratio > 1.0 + clip_high) & (advantage > 0)) | ((ratio < 1.0 - clip_low) & (advantage < 0))


def dual_clip(losses: Tensor, advantage: Tensor, *, limit: float) -> Tensor:
    """Return min(-c A, `losses` of `ppo_clip`) where A < 0, `losses` elsewhere [tokens]; c is `limit` > 1.

    Dual-clip PPO (arXiv 1912.09729, equation 5); verl's `clip_ratio_c`, TRL's `delta`.
    """
    return torch.where(advantage < 0, torch.minimum(-limit * advantage, losses), losses)


def is_dual_clipped(log_ratio: Tensor, advantage: Tensor, *, limit: float) -> Tensor:
    """Return where the dual clip stops the gradient [tokens], bool."""
    return (log_ratio.exp() > limit) & (advantage < 0)
