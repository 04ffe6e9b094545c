"""The policy objective, token by token, and how tokens are weighed against each other (method.md, J)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def ppo_clip(log_ratio: Tensor, advantage: Tensor, *, clip_low: float, clip_high: float) -> Tensor:
    """-min(r A, clip(r, 1 - low, 1 + high) A) [tokens], to be minimised (PPO, arXiv 1707.06347, equation 7; clip-higher: DAPO,
    arXiv 2503.14476). `log_ratio` = log pi - log pi_old of the sampled tokens, `advantage` per token.
    """
    ratio = log_ratio.exp()
    return -torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip_low, 1.0 + clip_high) * advantage)


def sequence_log_ratio(log_ratio: Tensor, lengths: Sequence[int]) -> Tensor:
    """log s_i = mean over response i of log r_it, at each of its tokens [tokens] (GSPO, arXiv 2507.18071).

    `lengths`: tokens of the responses, which lie whole and one after the other. `ppo_clip` of it is GSPO: all tokens of a response
    have one loss and one weight, so that the gradient is that of weight * |o_i| * min(s_i A, clip(s_i) A), the paper's objective with
    sequence_mean (and TRL's importance_sampling_level="sequence"; verl's stop-gradient form of it has the same gradient).
    """
    return _at_tokens([part.mean() for part in log_ratio.split(list(lengths))], lengths)


def _at_tokens(values: Sequence[Tensor], lengths: Sequence[int]) -> Tensor:
    """One value a response, at each of its tokens [tokens]."""
    return torch.cat([value.expand(length) for value, length in zip(values, lengths, strict=True)])


def cispo(log_prob: Tensor, log_ratio: Tensor, advantage: Tensor, *, clip_high: float) -> Tensor:
    """-min(r, 1 + high) A log pi [tokens], the weight constant in the gradient (CISPO, arXiv 2506.13585, whose lower bound is off
    in the paper's experiments, as here): where the ratio is large a token's gradient is capped, never lost. TRL's `epsilon_high` is 1 + high.
    """
    return -log_ratio.exp().clamp(max=1.0 + clip_high).detach() * advantage * log_prob


def token_losses(
    kind: str,
    log_prob: Tensor,
    log_ratio: Tensor,
    advantage: Tensor,
    lengths: Sequence[int],
    *,
    clip_low: float,
    clip_high: float,
) -> tuple[Tensor, Tensor]:
    """(losses [tokens], to be minimised; where the clip takes hold [tokens], bool) of the objective `kind`.

    `log_prob` = log pi of the sampled tokens, `log_ratio` = log pi - log pi_old; `lengths` as in `sequence_log_ratio`.
    """
    if kind == "cispo":
        return cispo(log_prob, log_ratio, advantage, clip_high=clip_high), is_capped(
            log_ratio.detach(), advantage, clip_high=clip_high
        )
    if kind == "gspo":
        log_ratio = sequence_log_ratio(log_ratio, lengths)
    else:
        assert kind == "ppo_clip", kind
    losses = ppo_clip(log_ratio, advantage, clip_low=clip_low, clip_high=clip_high)
    return losses, is_clipped(log_ratio.detach(), advantage, clip_low=clip_low, clip_high=clip_high)


def is_clipped(log_ratio: Tensor, advantage: Tensor, *, clip_low: float, clip_high: float) -> Tensor:
    """Where the clip stops the gradient [tokens], bool."""
    ratio = log_ratio.exp()
    return ((ratio > 1.0 + clip_high) & (advantage > 0)) | ((ratio < 1.0 - clip_low) & (advantage < 0))


def is_capped(log_ratio: Tensor, advantage: Tensor, *, clip_high: float) -> Tensor:
    """Where CISPO's cap makes the gradient smaller [tokens], bool."""
    return (log_ratio.exp() > 1.0 + clip_high) & (advantage != 0)


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


def sequence_ratios(trainer: Tensor, engine: Tensor, lengths: Sequence[int]) -> Tensor:
    """w_i = product over response i of pi_trainer / pi_engine [responses], float64. Log-probabilities [tokens], `lengths` as above."""
    parts = (trainer - engine).double().split(list(lengths))
    return torch.stack([part.sum() for part in parts]).exp() if lengths else torch.ones(0, dtype=torch.float64)


def sequence_mask_weights(trainer: Tensor, engine: Tensor, lengths: Sequence[int], *, cap: float) -> Tensor:
    """Sequence-level masked importance weights [tokens], constant in the gradient: w_i (`sequence_ratios`) at each token of response
    i, and 0 at all of them where w_i > cap.

    TRL 1.16's `sequence_mask` with no lower bound (its default), and verl 0.9's sequence weights with `seq_sum_k1` rejection, which has
    a lower bound too. A masked response still counts in the aggregation, as in TRL: its token count and its share of a mean are known
    before the first forward pass (rule 8 of the design). verl takes it out.
    """
    ratios = sequence_ratios(trainer, engine, lengths)
    kept = ratios.masked_fill(ratios > cap, 0.0)  # what is not a number stays one, and stops the step
    return _at_tokens(list(kept), lengths).to(trainer.dtype).detach()


def effective_sample_share(trainer: Tensor, engine: Tensor) -> float:
    """(sum w)^2 / (n sum w^2) of the importance weights w = pi_trainer / pi_engine; 1 where the two agree."""
    weights = (trainer - engine).double().exp()
    return float(weights.sum() ** 2 / (len(weights) * weights.square().sum())) if len(weights) else 1.0
