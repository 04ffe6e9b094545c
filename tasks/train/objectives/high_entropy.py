"""Any objective on the tokens of high entropy alone: those at which a response could have gone on in several ways."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from tasks.train.objectives.base import Minibatch, Objective, Tokens
from tasks.train.objectives.selection import largest, of_tokens
from tasks.train.objectives.wrapped import Wrapped


class HighEntropyOnly(Wrapped):
    """An objective whose losses are 0 but for the share of tokens with the largest entropy.

    Arxiv 2506.01939, equation 5. The others still count in every divisor of the aggregation, as in the paper and in
    TRL 1.16 (`top_entropy_quantile`). TRL takes the entropies of the policy in training over a micro-batch of all
    ranks; here they are the old policy's over the optimizer's minibatch. An entropy bonus acts on all tokens (TRL: on
    those chosen). With gspo a token's loss holds the ratio of its whole response, and so the gradient of all of it.
    """

    def __init__(self, inner: Objective[Any], share: float) -> None:
        super().__init__(inner)
        self.share = share

    def statistics(self, minibatch: Minibatch) -> tuple[Tensor, Any]:
        """Return the tokens that keep their gradient, and what the objective itself needs."""
        entropies = minibatch.entropies.double()
        chosen = largest(entropies, top_count(len(entropies), self.share))
        return chosen, self.inner.statistics(minibatch)

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses, where a clip takes hold of a token that has one) [tokens]."""
        chosen, statistics = tokens.statistics
        losses, clipped = self.inner.token_losses(replace(tokens, statistics=statistics))
        kept = of_tokens(chosen, tokens)
        return torch.where(kept, losses, 0.0), clipped & kept

    @property
    def reads_minibatch(self) -> bool:
        """Return True: the entropies of a whole minibatch are read."""
        return True


def top_count(tokens: int, share: float) -> int:
    """Return floor(share (tokens - 1)) + 1, exactly: how many are at or above the quantile 1 - share of TRL's."""
    return int(Fraction(str(share)) * (tokens - 1)) + 1
