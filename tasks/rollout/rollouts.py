"""The sampled responses of an iteration, or of a shard, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

import numpy as np

from tasks.ragged import Array, Ragged, concatenated
from tasks.records import FinishReason, Rollout


@dataclass(frozen=True, slots=True, eq=False)
class Rollouts(Sequence[Rollout]):
    """N sampled responses; the fields are those of `Rollout`, and as a sequence they are views of single ones.

    `samples` [N] int32; `prompts` and `responses` [N] int32 token ids; `logprobs` float32 [response tokens], one
    response's after the other's; `stopped` [N] bool, False where a response was cut at the limit; `seeds` [N] int64.
    """

    problem_ids: Sequence[str]
    samples: Array
    prompts: Ragged
    responses: Ragged
    logprobs: Array
    stopped: Array
    lineages: Sequence[str]
    seeds: Array

    def __len__(self) -> int:
        return len(self.responses)

    @overload
    def __getitem__(self, index: int) -> Rollout: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Rollout]: ...

    def __getitem__(self, index: int | slice) -> Rollout | Sequence[Rollout]:
        """Return one response, or a list of some."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(f"response {index} of {len(self)}")
        span = slice(self.responses.offsets[index], self.responses.offsets[index + 1])
        return Rollout(
            self.problem_ids[index],
            int(self.samples[index]),
            self.prompts[index],
            self.responses[index],
            self.logprobs[span],
            FinishReason.STOP if self.stopped[index] else FinishReason.LENGTH,
            self.lineages[index],
            int(self.seeds[index]),
        )


def joined(shards: Iterable[Rollouts]) -> Rollouts:
    """Return the responses of several shards, at least one, in their order."""
    every = list(shards)
    return Rollouts(
        list(chain.from_iterable(each.problem_ids for each in every)),
        np.concatenate([each.samples for each in every]),
        concatenated(each.prompts for each in every),
        concatenated(each.responses for each in every),
        np.concatenate([each.logprobs for each in every]),
        np.concatenate([each.stopped for each in every]),
        list(chain.from_iterable(each.lineages for each in every)),
        np.concatenate([each.seeds for each in every]),
    )
