"""From rollouts and scores to the tensors of a micro-batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tasks.ragged import Array, Floats, Ints
from tasks.train.layout import Row, rows_of


@dataclass(frozen=True, slots=True)
class GroupBatch:
    """The rollouts of one iteration: P prompts with G samples each, in the order of the draw.

    `scores[p][g]` is the outcome's, None for what was not judged; `engine_log_probs` are the rollout engine's, per
    response token. `terms[p][g]` holds the values of the reward's other terms by name; it is empty where the score is
    the reward.
    """

    problem_ids: Sequence[str]
    prompt_ids: Sequence[Sequence[int]]
    content: Sequence[Sequence[int]]  # positions in the prompt that c(q) is taken over
    response_ids: Sequence[Sequence[Ints]]
    engine_log_probs: Sequence[Sequence[Floats]]
    scores: Sequence[Sequence[float | None]]
    terms: Sequence[Sequence[Mapping[str, float | None]]] = ()

    def score_tensors(self) -> tuple[Tensor, Tensor]:
        """Return (scores [P, G] float64 with 0 where not judged, judged [P, G] bool)."""
        judged = torch.tensor([[s is not None for s in row] for row in self.scores])
        return torch.tensor([[s or 0.0 for s in row] for row in self.scores], dtype=torch.float64), judged

    def rows(self, groups: Sequence[int]) -> list[Row]:
        """Return the judged responses of `groups`, in rows."""
        rows: list[Row] = []
        for g in groups:
            lengths = {s: len(ids) for s, ids in enumerate(self.response_ids[g]) if self.scores[g][s] is not None}
            rows += rows_of(g, len(self.prompt_ids[g]), lengths)
        return rows

    def passes(self, minibatch_prompts: int) -> list[list[Row]]:
        """Return the rows of each pass of an iteration: the old policy's over all, and one for each optimizer step."""
        groups = range(len(self.prompt_ids))
        return [
            self.rows(groups),
            *(self.rows(groups[first : first + minibatch_prompts]) for first in groups[::minibatch_prompts]),
        ]


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """Tensors of some rows. B rows, T tokens (padded), M predictions.

    `mask` [B, 1, T, T] bool (True: may attend), or None where plain causal attention does. Prediction m reads the
    hidden state at flat position `source[m]` of [B * T] and is about token `target[m]`. `responses` and `prompts`
    give the slice of M of each response (group, sample, start, stop) and of each row's prompt content (group, start,
    stop). `prompt_lengths` [B] are the tokens of each row's prompt, `response_rows` the row of each response.
    """

    input_ids: Tensor
    position_ids: Tensor
    mask: Tensor | None
    source: Tensor
    target: Tensor
    responses: tuple[tuple[int, int, int, int], ...]
    prompts: tuple[tuple[int, int, int], ...]
    prompt_lengths: tuple[int, ...]
    response_rows: tuple[int, ...]
    most: int = 0  # the largest M of any rank's micro-batch of this number; 0: only this one is known

    def inputs(self, device: torch.device) -> dict[str, Any]:
        """Return what PolicyModule.forward takes, on `device`."""
        mask = None if self.mask is None else self.mask.to(device)
        tensors = {name: getattr(self, name).to(device) for name in ("input_ids", "position_ids", "source", "target")}
        return {**tensors, "mask": mask, "most": max(self.most, len(self.target))}


def micro_batch(rows: Sequence[Row], batch: GroupBatch) -> MicroBatch:
    """Return `rows` as tensors. Padding is at the right, is attended by nothing and predicts nothing."""
    width = max(row.length for row in rows)
    ids = np.zeros((len(rows), width), np.int64)
    positions = torch.arange(width).repeat(len(rows), 1)
    segments = torch.full((len(rows), width), -1)  # 0: prompt, 1..: a response, -1: padding
    source: list[Array] = []
    target: list[Array] = []
    predictions = 0
    responses: list[tuple[int, int, int, int]] = []
    prompts: list[tuple[int, int, int]] = []
    for b, row in enumerate(rows):
        prompt = np.asarray(batch.prompt_ids[row.group])
        ids[b, : len(prompt)] = prompt
        segments[b, : len(prompt)] = 0
        start = len(prompt)
        for segment, sample in enumerate(row.samples, start=1):
            response = np.asarray(batch.response_ids[row.group][sample])
            stop = start + len(response)
            ids[b, start:stop] = response
            positions[b, start:stop] = torch.arange(len(prompt), len(prompt) + len(response))
            segments[b, start:stop] = segment
            responses.append((row.group, sample, predictions, predictions + len(response)))
            predictions += len(response)
            # The first token of every response is predicted by the prompt's last one.
            source += [np.array([b * width + len(prompt) - 1]), b * width + np.arange(start, stop - 1)]
            target.append(response)
            start = stop
        content = np.asarray(batch.content[row.group], np.int64)
        predictable = content[content > 0]  # a first token has no predecessor
        prompts.append((row.group, predictions, predictions + len(predictable)))
        predictions += len(predictable)
        source.append(b * width + predictable - 1)
        target.append(prompt[predictable])
    mask = None
    if any(len(row.samples) > 1 for row in rows):
        causal = torch.ones(width, width, dtype=torch.bool).tril()
        same = segments[:, :, None] == segments[:, None, :]
        mask = (causal & (same | (segments[:, None, :] == 0)))[:, None]
    return MicroBatch(
        torch.from_numpy(ids),
        positions,
        mask,
        torch.from_numpy(np.concatenate(source).astype(np.int64)),
        torch.from_numpy(np.concatenate(target).astype(np.int64)),
        tuple(responses),
        tuple(prompts),
        prompt_lengths=tuple(len(batch.prompt_ids[row.group]) for row in rows),
        response_rows=tuple(b for b, row in enumerate(rows) for _ in row.samples),
    )


def padding_micro_batch(batch: GroupBatch) -> MicroBatch:
    """Return one token of no response: with it a rank without rows makes as many forward passes as the others."""
    first = batch.prompt_ids[0][0]
    one = torch.zeros(1, dtype=torch.long)
    return MicroBatch(torch.tensor([[first]]), one[None], None, one, one, (), (), prompt_lengths=(1,), response_rows=())


def rank_micro_batches(shares: Sequence[Sequence[Sequence[Row]]], rank: int, batch: GroupBatch) -> list[MicroBatch]:
    """Return the micro-batches of one rank, of all ranks' shares [ranks][micro-batches][rows].

    Each knows how large the largest micro-batch of its number is on any rank.
    """
    made = []
    for number, rows in enumerate(shares[rank]):
        most = max(_predictions(part[number], batch) for part in shares)
        made.append(replace(micro_batch(rows, batch) if rows else padding_micro_batch(batch), most=most))
    return made


def _predictions(rows: Sequence[Row], batch: GroupBatch) -> int:
    """Return M of the micro-batch that `rows` make."""
    responses = sum(len(batch.response_ids[row.group][sample]) for row in rows for sample in row.samples)
    return responses + sum(int((np.asarray(batch.content[row.group]) > 0).sum()) for row in rows)
