"""Supervised steps on demonstrations: a policy made on the spot learns the format before reinforcement begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tasks.errors import TrainingError
from tasks.train.batch import GroupBatch, MicroBatch, rank_micro_batches
from tasks.train.iteration import StepEngine
from tasks.train.layout import Row, rows_of, share
from tasks.train.statistics import Ranks


@dataclass(frozen=True, slots=True)
class Demonstrations:
    """One optimizer step's prompts and responses (end token included), token ids; `content` as in EncodedProblem."""

    prompt_ids: Sequence[Sequence[int]]
    content: Sequence[Sequence[int]]
    response_ids: Sequence[Sequence[int]]

    def rows(self) -> list[Row]:
        """Return a row for each demonstration."""
        lengths = zip(self.prompt_ids, self.response_ids, strict=True)
        return [
            row for i, (prompt, response) in enumerate(lengths) for row in rows_of(i, len(prompt), {0: len(response)})
        ]


def supervised_step(
    engine: StepEngine,
    ranks: Ranks,
    demonstrations: Demonstrations,
    *,
    prompt_weight: float,
    token_budget: int,
    learning_rate: float,
) -> dict[str, float]:
    """Take one optimizer step on demonstrations; return its loss and gradient norm.

    The loss is the mean negative log-likelihood over tokens, where a prompt's content token weighs `prompt_weight` of a
    response token: without the prompts' part the model would give them no likelihood, and c(q) would mean nothing.
    Raises TrainingError where a gradient is not finite; the step is not applied then.
    """
    count = len(demonstrations.prompt_ids)
    batch = GroupBatch(
        [""] * count,
        demonstrations.prompt_ids,
        demonstrations.content,
        [[r] for r in demonstrations.response_ids],
        [],
        [],
    )
    micros = rank_micro_batches(share(demonstrations.rows(), ranks.size, token_budget), ranks.rank, batch)
    content = sum(sum(p > 0 for p in positions) for positions in demonstrations.content)
    total = sum(map(len, demonstrations.response_ids)) + prompt_weight * content
    losses: list[float] = []

    def loss_of(micro: MicroBatch) -> Tensor:
        stats = engine.forward(**micro.inputs(engine.device))
        weight = torch.zeros(len(micro.target), dtype=stats.log_probs.dtype)
        for _, _, start, stop in micro.responses:
            weight[start:stop] = 1.0 / total
        for _, start, stop in micro.prompts:
            weight[start:stop] = prompt_weight / total
        loss = -(stats.log_probs * weight.to(stats.log_probs.device)).sum()
        losses.append(float(loss.detach()))
        return loss

    broken = engine.accumulate([lambda micro=micro: loss_of(micro) for micro in micros])  # type: ignore[misc]
    if any(ranks.gather(bool(broken))):
        raise TrainingError(f"supervised step {engine.steps}: a gradient is not finite; the step was not applied")
    norm = engine.apply(learning_rate)
    return {"loss": sum(ranks.gather(sum(losses))), "grad_norm": norm}
