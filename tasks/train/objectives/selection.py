"""Tokens of a whole minibatch that an objective treats apart: chosen by numbers under the old policy.

The old policy's numbers do not depend on how the minibatch is cut, so neither do the tokens chosen (CONTRIBUTING.md,
rule 8), but for rounding at the very boundary.
"""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor

from tasks.train.objectives.base import Minibatch, Tokens

#: Of numbers near 1. Float32 log-probabilities of the same token differ by less between two ways to cut a minibatch.
TIE = 1e-5


def covariances(minibatch: Minibatch) -> Tensor:
    """Return (A_t - mean(A)) (log pi_old_t - mean(log pi_old)) of the minibatch's tokens [tokens], float64.

    Means are over all tokens of the judged responses. The covariance of arXiv 2505.22617, section 4.1, token by token.
    """
    log_prob = minibatch.log_probs.double()
    advantage = minibatch.advantages.repeat_interleave(minibatch.lengths)
    return (advantage - advantage.mean()) * (log_prob - log_prob.mean())


def share_count(tokens: int, share: float) -> int:
    """Return max(1, floor(share * tokens)), exactly."""
    return max(1, int(Fraction(str(share)) * tokens))


def largest(values: Tensor, count: int) -> Tensor:
    """Return where the `count` largest of `values` [tokens] are, bool, and all that tie with the least of them.

    The tokens of a group's responses begin alike, so equal numbers are common, and their order is rounding's. What
    differs by less than TIE ties: all of it is chosen, whatever the order and the rounding.
    """
    if not len(values):
        return torch.zeros(0, dtype=torch.bool)
    least = values.topk(min(count, len(values))).values[-1]
    return values >= least - TIE * max(1.0, abs(float(least)))


def drawn(candidates: Tensor, count: int, seed: int) -> Tensor:
    """Return `count` of the tokens that are `candidates` [tokens], bool: a draw without replacement, keyed by `seed`.

    Places of the minibatch are shuffled, candidates or not, so that one candidate more or less leaves the others'
    order as it is.
    """
    order = torch.randperm(len(candidates), generator=torch.Generator().manual_seed(seed))
    taken = order[candidates[order]][:count]
    return torch.zeros_like(candidates).index_fill(0, taken, True)


def of_tokens(chosen: Tensor, tokens: Tokens) -> Tensor:
    """Return what was chosen of a micro-batch's tokens [tokens], bool, on their device."""
    assert tokens.places is not None, "a choice was made, so the tokens have places in the minibatch"
    return chosen[tokens.places].to(tokens.log_prob.device)
