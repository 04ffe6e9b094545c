"""The statistics of an iteration's tokens under the old policy, and the collective operation that gathers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from tasks.train.batch import MicroBatch
from tasks.train.forward import TokenStats


class Ranks(Protocol):
    """Collective operations between ranks."""

    rank: int
    size: int

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, on all ranks."""
        ...


@dataclass
class TokenStatistics:
    """Statistics of responses and prompts under the old policy, as they come in; complete after a gather.

    Keys are (group, sample), of prompts the group. Tensors on the CPU.
    """

    log_probs: dict[tuple[int, int], Tensor] = field(default_factory=dict)  # [response tokens], logits / temperature
    log_probs_t1: dict[tuple[int, int], Tensor] = field(default_factory=dict)  # [response tokens], temperature 1
    entropies: dict[tuple[int, int], Tensor] = field(default_factory=dict)  # [response tokens], nats
    prompts: dict[int, Tensor] = field(default_factory=dict)  # [content tokens], log-probabilities at temperature 1

    def add(self, micro: MicroBatch, stats: TokenStats) -> None:
        """Take up what a forward pass over `micro` gave. Copies: a slice would travel with its whole."""
        scaled, at_one, entropy = (t.detach().cpu() for t in (stats.log_probs, stats.log_probs_t1, stats.entropies))
        for group, sample, start, stop in micro.responses:
            self.log_probs[group, sample] = scaled[start:stop].clone()
            self.log_probs_t1[group, sample] = at_one[start:stop].clone()
            self.entropies[group, sample] = entropy[start:stop].clone()
        for group, start, stop in micro.prompts:
            self.prompts[group] = at_one[start:stop].clone()

    def update(self, other: TokenStatistics) -> None:
        """Take up all that `other` has."""
        self.log_probs |= other.log_probs
        self.log_probs_t1 |= other.log_probs_t1
        self.entropies |= other.entropies
        self.prompts |= other.prompts

    def gathered(self, ranks: Ranks) -> TokenStatistics:
        """Return the statistics of all ranks, on all ranks."""
        whole = TokenStatistics()
        for part in ranks.gather(self):
            whole.update(part)
        return whole
