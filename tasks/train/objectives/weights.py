"""The weights that every objective shares: of tokens in a minibatch's loss, and of engine against trainer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from specs.objectives import ImportanceCorrection, ObjectiveSettings


def at_tokens(values: Sequence[Tensor], lengths: Sequence[int]) -> Tensor:
    """Return one value for each response, at each of its tokens [tokens]."""
    return torch.cat([value.expand(length) for value, length in zip(values, lengths, strict=True)])


def aggregation_weights(lengths: Tensor, counts: Tensor, settings: ObjectiveSettings) -> Tensor:
    """Return the weight of each token of response i in the loss of an optimizer minibatch [responses], float64.

    `lengths` [responses]: response tokens; `counts` [responses] bool: whether the response counts (was judged). Summing
    weight * token loss over the minibatch, all ranks and micro-batches, gives the loss; so the weights know the whole
    minibatch and nothing divides afterwards.

    token_mean: 1 / all tokens (DAPO); sequence_mean: mean over responses of their token means (GRPO); constant: a fixed
    divisor in place of a length (Dr. GRPO).
    """
    counted = torch.where(counts, lengths, 0).double()
    responses = counts.sum().clamp(min=1).double()
    if settings.aggregation == "token_mean":
        weight = torch.ones_like(counted) / counted.sum().clamp(min=1)
    elif settings.aggregation == "sequence_mean":
        weight = 1.0 / (responses * lengths.clamp(min=1).double())
    else:
        assert settings.constant_length, "checked by specs/checks.py"
        weight = torch.ones_like(counted) / (responses * settings.constant_length)
    return torch.where(counts, weight, 0.0)


def correction_weights(
    trainer: Tensor, engine: Tensor, lengths: Sequence[int], settings: ImportanceCorrection
) -> Tensor:
    """Return the importance weights of `settings.mode` [tokens], constant in the gradient.

    Log-probabilities [tokens] of the same tokens, by the trainer under the old policy and by the rollout engine.
    """
    if settings.mode == "sequence_mask":
        return sequence_mask_weights(trainer, engine, lengths, cap=settings.cap)
    assert settings.mode == "token", settings.mode
    return importance_weights(trainer, engine, cap=settings.cap)


def importance_weights(trainer: Tensor, engine: Tensor, *, cap: float) -> Tensor:
    """Return token-level truncated importance weights min(pi_trainer / pi_engine, cap) [tokens].

    They correct for the rollout engine's log-probabilities differing from the trainer's (TIS: Yao et al. 2025, "Your
    efficient RL framework secretly brings you off-policy RL training").
    """
    return (trainer - engine).exp().clamp(max=cap).detach()


def sequence_ratios(trainer: Tensor, engine: Tensor, lengths: Sequence[int]) -> Tensor:
    """Return w_i = product over response i of pi_trainer / pi_engine [responses], float64, from log-probabilities."""
    parts = (trainer - engine).double().split(list(lengths))
    return torch.stack([part.sum() for part in parts]).exp() if lengths else torch.ones(0, dtype=torch.float64)


def sequence_mask_weights(trainer: Tensor, engine: Tensor, lengths: Sequence[int], *, cap: float) -> Tensor:
    """Return sequence-level masked importance weights [tokens].

    w_i (`sequence_ratios`) at each token of response i, and 0 at all of them where w_i > cap.

    TRL 1.16's `sequence_mask` with no lower bound (its default), and verl 0.9's sequence weights with `seq_sum_k1`
    rejection, which has a lower bound too. A masked response still counts in the aggregation, as in TRL: its token
    count and its share of a mean are known before the first forward pass, so that batching changes nothing. verl
    takes it out.
    """
    ratios = sequence_ratios(trainer, engine, lengths)
    kept = ratios.masked_fill(ratios > cap, 0.0)  # what is not a number stays one, and stops the step
    return at_tokens(list(kept), lengths).to(trainer.dtype).detach()


def effective_sample_share(trainer: Tensor, engine: Tensor) -> float:
    """Return (sum w)^2 / (n sum w^2) of the importance weights w = pi_trainer / pi_engine; 1 where the two agree."""
    weights = (trainer - engine).double().exp()
    return float(weights.sum() ** 2 / (len(weights) * weights.square().sum())) if len(weights) else 1.0
