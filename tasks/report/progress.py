"""The line that a run prints for each iteration."""

from __future__ import annotations

import math


def duration(seconds: float | None) -> str:
    """Return `48 s`, `3 min 05 s`, `2 h 07 min`, `4 d 03 h`; `-` if it is not known."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "-"
    whole = round(seconds)
    for size, unit, small_size, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small_size:02d} {small}"
    return f"{whole} s"


def iteration_line(
    iteration: int,
    total: int,
    *,
    reward: float | None,
    entropy: float | None,
    tokens_per_s: float | None,
    seconds_left: float | None,
    label: str,
) -> str:
    """Return a line with the same columns for every iteration of a run; a number that is not known is `-`."""
    width = len(str(total))
    return "  ".join(
        (
            f"{label}  iteration {iteration:>{width}}/{total}",
            f"reward {_number(reward, '.3f'):>6}",
            f"entropy {_number(entropy, '.3f'):>6}",
            f"{_number(tokens_per_s, ',.0f'):>7} tokens/s",
            f"{duration(seconds_left):>11} left",
        )
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None or not math.isfinite(value) else format(value, form)
