"""Log-probabilities and entropies of chosen tokens, without a [tokens, vocabulary] matrix of a whole micro-batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

#: Elements of one block of logits (256 MiB in float32). More than one block is recomputed in the backward pass.
LOGITS_BLOCK = 2**26


class TokenStats(NamedTuple):
    """Numbers of each prediction [M], float32 (float64 for a float64 model), and what the objective's head gave."""

    log_probs: Tensor  # under logits / temperature: the distribution sampled from (ratio, audit, importance weights)
    log_probs_t1: Tensor  # under the logits themselves (confidences)
    entropies: Tensor  # nats, full vocabulary, temperature 1
    head: Tensor | None = None  # [rows, ...]: of the prompts' hidden states; None where it was not asked for


def token_stats(
    hidden: Tensor,
    head: nn.Module,
    target: Tensor,
    *,
    vocabulary: int,
    temperature: float,
    entropy_gradient: bool,
    most: int,
) -> TokenStats:
    """Return the numbers of the predictions of `target` [M] from `hidden` [M, d].

    `head`: d -> `vocabulary` (given, because ZeRO-3 leaves empty weights). `most` >= M is the largest M of any rank
    in this micro-batch. It decides the number of blocks: under ZeRO-3 each call of the head is a collective, so ranks
    with fewer predictions make as many calls, some of them empty.
    """

    def block(h: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = head(h)
        logits = logits if logits.dtype == torch.float64 else logits.float()
        normalised = logits - logits.logsumexp(-1, keepdim=True)
        at_one = normalised.gather(-1, t[:, None])[:, 0]
        scaled = at_one if temperature == 1.0 else logits.div(temperature).log_softmax(-1).gather(-1, t[:, None])[:, 0]
        with torch.set_grad_enabled(entropy_gradient and torch.is_grad_enabled()):
            entropy = -(normalised.exp() * normalised).sum(-1)
        return scaled, at_one, entropy

    count = max(1, -(-most // max(1, LOGITS_BLOCK // vocabulary)))
    if count == 1:
        return TokenStats(*block(hidden, target))
    pieces = zip(hidden.tensor_split(count), target.tensor_split(count), strict=True)
    blocks = [checkpoint(block, h, t, use_reentrant=False) for h, t in pieces]
    return TokenStats(*(torch.cat(parts) for parts in zip(*blocks, strict=True)))


class PolicyModule(nn.Module):
    """A causal language model that returns TokenStats, with an objective's head or without: what DeepSpeed wraps."""

    lm: Any  # a transformers model for causal language modelling

    def __init__(self, language_model: nn.Module, head: nn.Module | None = None) -> None:
        """Hold the model, and the `head` of an objective (Objective.head)."""
        super().__init__()
        self.lm = language_model
        self.head = head

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor,
        mask: Tensor | None,
        source: Tensor,
        target: Tensor,
        temperature: float = 1.0,
        entropy_gradient: bool = False,
        most: int | None = None,
        prompt_lengths: Sequence[int] | None = None,
    ) -> TokenStats:
        """Return the numbers of the predictions of `target`.

        Shapes as in MicroBatch: [B, T], [B, T], [B, 1, T, T] or None, [M], [M] -> [M] each. `most`: predictions of
        the rank that has most (None: this one's). With `prompt_lengths` [B] the head is called too.
        """
        hidden = self.lm.base_model(
            input_ids=input_ids, position_ids=position_ids, attention_mask=mask, use_cache=False
        ).last_hidden_state
        chosen = hidden.reshape(-1, hidden.shape[-1])[source]
        head = self.lm.get_output_embeddings()
        vocabulary = self.lm.config.vocab_size
        most = len(target) if most is None else most
        stats = token_stats(
            chosen,
            head,
            target,
            vocabulary=vocabulary,
            temperature=temperature,
            entropy_gradient=entropy_gradient,
            most=most,
        )
        if prompt_lengths is None:
            return stats
        assert self.head is not None, "the policy was loaded without the objective's head"
        return stats._replace(head=self.head([hidden[row, :length] for row, length in enumerate(prompt_lengths)]))
