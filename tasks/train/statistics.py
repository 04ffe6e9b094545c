"""The statistics of an iteration's tokens under the old policy, and the collective operation that gathers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from tasks.ragged import spans
from tasks.train.batch import MicroBatch
from tasks.train.forward import TokenStats


class Ranks(Protocol):
    """Collective operations between ranks."""

    rank: int
    size: int

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, on all ranks."""
        ...


@dataclass(frozen=True, slots=True)
class TokenValues:
    """C numbers of each token of N parts, flat, on the CPU; a part is a response, or the content of a prompt.

    `parts` [N, 2] int64 are (group, sample), in rising order, sample 0 for a prompt; `lengths` [N] int64 their tokens;
    `values` [C, tokens] the numbers, part after part.
    """

    parts: Tensor
    lengths: Tensor
    values: Tensor

    @classmethod
    def of(cls, slices: Sequence[tuple[int, int, int, int]], values: Tensor) -> TokenValues:
        """Return the `slices` (group, sample, start, stop) of `values` [C, predictions], without gradient."""
        group_sample_start_stop = torch.tensor(slices, dtype=torch.long).reshape(-1, 4)
        starts, lengths = group_sample_start_stop[:, 2], group_sample_start_stop[:, 3] - group_sample_start_stop[:, 2]
        places = torch.from_numpy(spans(starts.numpy(), lengths.numpy()))
        return cls(group_sample_start_stop[:, :2], lengths, values.detach().cpu()[:, places]).in_order()

    def in_order(self) -> TokenValues:
        """Return the parts in rising order, each once: of equal ones the last."""
        codes, order = _codes(self.parts).sort(stable=True)
        last = torch.ones_like(codes, dtype=torch.bool)
        last[:-1] = codes[1:] != codes[:-1]
        chosen = order[last]
        return TokenValues(self.parts[chosen], self.lengths[chosen], self.values[:, self._places(chosen)])

    def places(self, parts: Tensor) -> Tensor:
        """Return where the tokens of `parts` [K, 2] are, part after part [tokens]. All of them are here."""
        return self._places(torch.searchsorted(_codes(self.parts), _codes(parts)))

    def of_groups(self, groups: Sequence[int]) -> TokenValues:
        """Return the parts of some groups."""
        chosen = torch.isin(self.parts[:, 0], torch.tensor(list(groups), dtype=torch.long)).nonzero()[:, 0]
        return TokenValues(self.parts[chosen], self.lengths[chosen], self.values[:, self._places(chosen)])

    def _places(self, chosen: Tensor) -> Tensor:
        starts = self.lengths.cumsum(0) - self.lengths
        return torch.from_numpy(spans(starts[chosen].numpy(), self.lengths[chosen].numpy()))


def merged(parts: Iterable[TokenValues]) -> TokenValues:
    """Return the values of several, at least one; of a part that several have, the last one's."""
    every = list(parts)
    return TokenValues(
        torch.cat([each.parts for each in every]),
        torch.cat([each.lengths for each in every]),
        torch.cat([each.values for each in every], dim=1),
    ).in_order()


def by_length(values: Tensor, lengths: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield, of each length that occurs, which parts have it [K] and their `values` [tokens] as rows [K, length].

    Rows without padding give each part's reductions bit for bit as the part alone does.
    """
    starts = lengths.cumsum(0) - lengths
    for length in lengths.unique().tolist():
        chosen = (lengths == length).nonzero()[:, 0]
        yield chosen, values[starts[chosen, None] + torch.arange(length)]


def _codes(parts: Tensor) -> Tensor:
    return (parts[:, 0] << 32) + parts[:, 1]


@dataclass(frozen=True, slots=True)
class TokenStatistics:
    """Statistics of the judged responses and their prompts under the old policy; of all ranks after a gather."""

    responses: TokenValues  # log-probabilities under logits / temperature and at temperature 1; entropies, in nats
    prompts: TokenValues  # log-probabilities at temperature 1 of content tokens

    @classmethod
    def of(cls, micro: MicroBatch, stats: TokenStats) -> TokenStatistics:
        """Return what a forward pass over `micro` gave."""
        return cls(
            TokenValues.of(micro.responses, torch.stack([stats.log_probs, stats.log_probs_t1, stats.entropies])),
            TokenValues.of([(group, 0, start, stop) for group, start, stop in micro.prompts], stats.log_probs_t1[None]),
        )

    @property
    def log_probs(self) -> Tensor:
        """Return the log-probabilities of the responses' tokens [tokens], under logits / temperature."""
        return self.responses.values[0]

    @property
    def log_probs_t1(self) -> Tensor:
        """Return the log-probabilities of the responses' tokens [tokens], at temperature 1."""
        return self.responses.values[1]

    @property
    def entropies(self) -> Tensor:
        """Return the entropies at the responses' tokens [tokens], nats."""
        return self.responses.values[2]


def combined(parts: Iterable[TokenStatistics]) -> TokenStatistics:
    """Return the statistics of several, at least one."""
    every = list(parts)
    return TokenStatistics(merged(each.responses for each in every), merged(each.prompts for each in every))


def gathered(parts: Sequence[TokenStatistics], ranks: Ranks) -> TokenStatistics:
    """Return the statistics of all ranks, on all ranks; `parts`, at least one, are this rank's."""
    return combined(ranks.gather(combined(parts)))
