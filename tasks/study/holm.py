"""Many tests at once: Holm's step-down adjustment, which holds whatever the tests have to do with each other."""

from __future__ import annotations

from collections.abc import Sequence

ALPHA = 0.05


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values in the order given (Holm 1979, Scandinavian Journal of Statistics 6): of m tests the i-th smallest times m - i + 1, never
    below the one before it, at most 1. None (nothing could be tested) stays None, and is none of the m."""
    order = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    floor = 0.0
    for rank, (p, place) in enumerate(order):
        floor = max(floor, min(1.0, (len(order) - rank) * p))
        adjusted[place] = floor
    return adjusted
