"""A module beside a user's own code, which imports it."""

from __future__ import annotations

from torch import Tensor


def squash(scores: Tensor, strength: float) -> Tensor:
    """Return scores between -strength and strength."""
    return strength * scores.tanh()
