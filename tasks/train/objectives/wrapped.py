"""Objectives around another one: what a spec may ask of any objective, a user's own too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tasks.train.objectives.base import Minibatch, Objective, Tokens


class Wrapped(Objective[Any]):
    """An objective that does what another one does; a subclass overrides what it adds."""

    def __init__(self, inner: Objective[Any]) -> None:
        super().__init__(inner.settings)
        self.inner = inner
        self.NEEDS_REFERENCE = inner.NEEDS_REFERENCE  # type: ignore[misc]  # it is the wrapped one that reads it

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses, where a clip takes hold) [tokens]."""
        return self.inner.token_losses(tokens)

    def head(self, hidden_size: int) -> nn.Module | None:
        """Return the head."""
        return self.inner.head(hidden_size)

    def scalars(self) -> dict[str, float]:
        """Return the numbers that a checkpoint keeps."""
        return self.inner.scalars()

    def statistics(self, minibatch: Minibatch) -> Any:
        """Return what the losses of a step need to know of its whole minibatch."""
        return self.inner.statistics(minibatch)

    def updated(self, scalars: Mapping[str, float], minibatch: Minibatch) -> Mapping[str, float]:
        """Return the scalars after a step."""
        return self.inner.updated(scalars, minibatch)

    def entropy_coefficient(self, scalars: Mapping[str, float]) -> float:
        """Return the weight of the entropy bonus in the coming step."""
        return self.inner.entropy_coefficient(scalars)

    @property
    def has_head(self) -> bool:
        """Return whether there is a head."""
        return self.inner.has_head

    @property
    def reads_minibatch(self) -> bool:
        """Return whether statistics of a minibatch are read."""
        return self.inner.reads_minibatch
