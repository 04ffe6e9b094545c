"""The policy objective, token by token, and how tokens are weighed against each other (method.md, J)."""

from __future__ import annotations

import torch
from torch import Tensor


def ppo_clip(log_ratio: Tensor, advantage: Tensor, *, clip_low: float, clip_high: float) -> Tensor:
    """-min(r A, clip(r, 1 - low, 1 + high) A) [tokens], to be minimised (PPO, arXiv 1707.06347, equation 7; clip-higher: DAPO,
    arXiv 2503.14476). `log_ratio` = log pi - log pi_old of the sampled tokens, `advantage` per token.
    """
    ratio = log_ratio.exp()
    return -torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip_low, 1.0 + clip_high) * advantage)


def is_clipped(log_ratio: Tensor, advantage: Tensor, *, clip_low: float, clip_high: float) -> Tensor:
    """Where the clip stops the gradient [tokens], bool."""
    ratio = log_ratio.exp()
    return ((ratio > 1.0 + clip_high) & (advantage > 0)) | ((ratio < 1.0 - clip_low) & (advantage < 0))


def aggregation_weights(lengths: Tensor, counts: Tensor, *, aggregation: str, constant_length: int | None) -> Tensor:
    """The weight of each token of response i in the loss of an optimiser minibatch [responses], float64.

    `lengths` [responses]: response tokens; `counts` [responses] bool: whether the response counts (was judged). Summing
    weight * token loss over the minibatch, all ranks and micro-batches, gives the loss; so the weights know the whole
    minibatch and nothing divides afterwards.

    token_mean: 1 / all tokens (DAPO); sequence_mean: mean over responses of their token means (GRPO); constant: a fixed
    divisor in place of a length (Dr. GRPO).
    """
    counted = torch.where(counts, lengths, 0).double()
    responses = counts.sum().clamp(min=1).double()
    if aggregation == "token_mean":
        weight = torch.ones_like(counted) / counted.sum().clamp(min=1)
    elif aggregation == "sequence_mean":
        weight = 1.0 / (responses * lengths.clamp(min=1).double())
    else:
        assert aggregation == "constant" and constant_length, aggregation
        weight = torch.ones_like(counted) / (responses * constant_length)
    return torch.where(counts, weight, 0.0)


def importance_weights(trainer: Tensor, engine: Tensor, *, cap: float) -> Tensor:
    """Token-level truncated importance weights min(pi_trainer / pi_engine, cap) [tokens], constant in the gradient.

    They correct for the rollout engine's log-probabilities differing from the trainer's (TIS: Yao et al. 2025, "Your
    efficient RL framework secretly brings you off-policy RL training").
    """
    return (trainer - engine).exp().clamp(max=cap).detach()


def effective_sample_share(trainer: Tensor, engine: Tensor) -> float:
    """(sum w)^2 / (n sum w^2) of the importance weights w = pi_trainer / pi_engine; 1 where the two agree."""
    weights = (trainer - engine).double().exp()
    return float(weights.sum() ** 2 / (len(weights) * weights.square().sum())) if len(weights) else 1.0
