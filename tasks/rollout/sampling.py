"""Tokens drawn by inverse CDF: a sample is a function of its seed and its logits, not of its place in a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tasks.rollout.philox import raw_streams
from tasks.rollout.protocol import Sampling


def uniforms(seeds: Sequence[int], count: int) -> Tensor:
    """Return uniform numbers in [0, 1), float64 [len(seeds), count].

    Row i is the Philox4x64-10 stream whose key is seeds[i]; number t is for response position t.
    """
    return torch.from_numpy((raw_streams(seeds, count) >> np.uint64(11)) * 2.0**-53)


def truncate(logits: Tensor, top_k: int, top_p: float) -> Tensor:
    """Return logits [rows, vocabulary], already divided by the temperature, with -inf outside of the truncation.

    First the top_k likeliest tokens are kept, then, of what they renormalise to, the smallest set of likeliest tokens
    whose probability reaches top_p (nucleus sampling, Holtzman et al. 2020). Ties go to the lower token id.
    """
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    keep = torch.ones_like(ordered, dtype=torch.bool)
    if top_k:
        keep[:, top_k:] = False
        ordered = ordered.masked_fill(~keep, -torch.inf)
    probability = ordered.double().softmax(dim=-1)
    before = probability.cumsum(dim=-1) - probability
    keep &= before < top_p
    keep[:, 0] = True
    return logits.masked_fill(~torch.zeros_like(keep).scatter(-1, order, keep), -torch.inf)


def invert_cdf(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Return the token ids [rows] whose cell of the cumulative distribution holds `uniform` [rows].

    Probabilities are float64 [rows, vocabulary] and need not be normalised. A token of probability 0 is never
    returned.
    """
    cumulative = probabilities.cumsum(dim=-1)
    total = cumulative[:, -1:].contiguous()
    target = uniform[:, None] * total
    ids = torch.searchsorted(cumulative, target, right=True)
    # uniform * total can round up to total: then the last token of positive probability is meant
    return torch.minimum(ids, torch.searchsorted(cumulative, total))[:, 0]


@dataclass(frozen=True, slots=True)
class Draw:
    """Drawn tokens.

    ids int64 [rows]; logprobs float32 [rows] under the distribution sampled from; entropies float32 [rows], in nats,
    of the whole vocabulary at temperature 1.
    """

    ids: Tensor
    logprobs: Tensor
    entropies: Tensor


def draw(logits: Tensor, uniform: Tensor, sampling: Sampling) -> Draw:
    """Draw one token per row from logits [rows, vocabulary] and uniform numbers float64 [rows]."""
    logits = logits.float()
    plain = logits.log_softmax(dim=-1)
    probabilities = plain.exp()
    entropies = torch.special.entr(probabilities).sum(dim=-1)
    if sampling.temperature == 0.0:
        return Draw(logits.argmax(dim=-1), torch.zeros_like(entropies), entropies)
    if sampling.temperature != 1.0 or sampling.top_k or sampling.top_p < 1.0:
        scaled = logits / sampling.temperature
        if sampling.top_k or sampling.top_p < 1.0:
            scaled = truncate(scaled, sampling.top_k, sampling.top_p)
        plain = scaled.log_softmax(dim=-1)
        probabilities = plain.exp()
    ids = invert_cdf(probabilities.double(), uniform)
    return Draw(ids, plain.gather(-1, ids[:, None])[:, 0], entropies)
