"""Log-probabilities and entropies of chosen tokens, without a [tokens, vocabulary] matrix of a whole micro-batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

#: Hidden states [M, d] and targets [M] of a block -> its log-probabilities, those at temperature 1, entropies [M].
Block = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
#: Elements of one block of logits on the CPU (256 MiB in float32). More than one block is recomputed in the backward
#: pass.
LOGITS_BLOCK = 2**26
#: On a GPU a block is as many times larger: a product of a few hundred rows leaves it idle.
GPU_BLOCKS = 4


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

    `head`: d -> `vocabulary`. `most` >= M is the largest M of any rank in this micro-batch. It decides the number of
    blocks, so that ranks with fewer predictions make as many, some of them empty. A head under ZeRO-3 has its weights
    within `Scores` alone, whose hooks gather them once a pass: the head's own are passed by.
    """

    def block(h: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = head.forward(h)
        logits = logits if logits.dtype == torch.float64 else logits.float()
        normalised = logits - logits.logsumexp(-1, keepdim=True)
        at_one = normalised.gather(-1, t[:, None])[:, 0]
        scaled = at_one if temperature == 1.0 else logits.div(temperature).log_softmax(-1).gather(-1, t[:, None])[:, 0]
        with torch.set_grad_enabled(entropy_gradient and torch.is_grad_enabled()):
            entropy = -(normalised.exp() * normalised).sum(-1)
        return scaled, at_one, entropy

    rows = LOGITS_BLOCK * (GPU_BLOCKS if hidden.is_cuda else 1) // vocabulary
    count = max(1, -(-most // max(1, rows)))
    if count == 1:
        return TokenStats(*block(hidden, target))
    trained = [parameter for parameter in head.parameters() if parameter.requires_grad]
    numbers = _Blocks.apply(block, count, entropy_gradient, target, hidden, *trained)  # type: ignore[no-untyped-call]
    return TokenStats(*numbers)


class _Blocks(torch.autograd.Function):
    """`count` blocks of predictions, each computed again in the backward pass.

    The gradients of the head's parameters are summed over the blocks in float32 (or float64, which they have then):
    autograd would sum those of a bfloat16 head in bfloat16, which is 0.8 % off after 69 blocks.
    """

    @staticmethod
    def forward(
        ctx: Any, block: Block, count: int, entropy_gradient: bool, target: Tensor, hidden: Tensor, *trained: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.block, ctx.count, ctx.numbers = block, count, 3 if entropy_gradient else 2
        ctx.save_for_backward(hidden, target, *trained)
        pieces = zip(hidden.tensor_split(count), target.tensor_split(count), strict=True)
        found = tuple(torch.cat(parts) for parts in zip(*(block(h, t) for h, t in pieces), strict=True))
        ctx.mark_non_differentiable(*found[ctx.numbers :])
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, target, *trained = ctx.saved_tensors
        sums = [torch.zeros_like(each, dtype=torch.promote_types(each.dtype, torch.float32)) for each in trained]
        back = torch.empty_like(hidden)
        pieces = (each.tensor_split(ctx.count) for each in (hidden, back, target, *gradients[: ctx.numbers]))
        for h, into, t, *given in zip(*pieces, strict=True):
            with torch.enable_grad():
                leaf = h.detach().requires_grad_()
                numbers = ctx.block(leaf, t)[: ctx.numbers]
            of_hidden, *of_head = torch.autograd.grad(numbers, [leaf, *trained], given)
            into.copy_(of_hidden)
            for total, part in zip(sums, of_head, strict=True):
                total += part
        head = (total.to(each.dtype) for total, each in zip(sums, trained, strict=True))
        return None, None, None, None, back, *head


class Scores(nn.Module):
    """The output head over all blocks of a micro-batch: one module, whose hooks gather what it needs once a pass."""

    def forward(self, hidden: Tensor, head: nn.Module, target: Tensor, **settings: Any) -> tuple[Tensor, ...]:
        """Return the tensors of `token_stats`, which says what the arguments are."""
        return tuple(token_stats(hidden, head, target, **settings)[:3])


class PolicyModule(nn.Module):
    """A causal language model that returns TokenStats, with an objective's head or without: what DeepSpeed wraps."""

    lm: Any  # a transformers model for causal language modelling

    def __init__(self, language_model: nn.Module, head: nn.Module | None = None) -> None:
        """Hold the model, and the `head` of an objective (Objective.head)."""
        super().__init__()
        self.lm = language_model
        self.head = head
        self.scores = Scores()

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
        scores = self.scores(
            chosen,
            head,
            target,
            vocabulary=vocabulary,
            temperature=temperature,
            entropy_gradient=entropy_gradient,
            most=most,
        )
        stats = TokenStats(*scores)
        if prompt_lengths is None:
            return stats
        assert self.head is not None, "the policy was loaded without the objective's head"
        return stats._replace(head=self.head([hidden[row, :length] for row, length in enumerate(prompt_lengths)]))
