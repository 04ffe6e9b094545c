"""The learning rate as a pure function of the optimizer step: there is no scheduler state to save."""

from __future__ import annotations

import math


def learning_rate(
    step: int, *, peak: float, warmup_steps: int, schedule: str, decay_steps: int | None, min_ratio: float
) -> float:
    """Return the learning rate of optimizer step `step` (0-based).

    Linear warm-up reaches `peak` at step `warmup_steps`; then constant, or linear / cosine decay to `min_ratio *
    peak` over `decay_steps` further steps. It does not depend on the number of iterations, which is no part of the
    mathematics.
    """
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    if schedule == "constant":
        return peak
    assert decay_steps, "a decaying schedule names its decay_steps"
    progress = min(1.0, (step - warmup_steps) / decay_steps)
    shape = 1.0 - progress if schedule == "linear" else 0.5 * (1.0 + math.cos(math.pi * progress))
    return peak * (min_ratio + (1.0 - min_ratio) * shape)
