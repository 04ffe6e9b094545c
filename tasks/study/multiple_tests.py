"""Adjustment of p-values when several hypotheses are tested together."""

from __future__ import annotations

import gc
from collections.abc import Sequence

ALPHA = 0.05
"""The family-wise error rate: a difference is claimed if its adjusted p-value is at most this."""


def holm_adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values adjusted by Holm's step-down method (Holm 1979, Scandinavian Journal of Statistics 6).

    Holm's method needs no assumption about how the tests depend on each other. None marks a hypothesis that could not
    be tested: it stays None and does not count as a test.
    """
    from statsmodels.stats.multitest import multipletests  # imports pandas: two seconds, which only a report needs

    tested = [p for p in p_values if p is not None]
    if not tested:
        return [None] * len(p_values)
    gc.freeze()  # multipletests runs the collector, which takes a third of a second in a process with many modules
    try:
        adjusted = iter(multipletests(tested, alpha=ALPHA, method="holm")[1].tolist())
    finally:
        gc.unfreeze()
    return [None if p is None else next(adjusted) for p in p_values]
