"""Axes: the place of a number between two ends, and the round numbers to write beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["linear", "log2", "log10"]


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high` (low < high; both above 0 on a logarithmic axis) with its `ticks` in between."""

    kind: Kind
    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Return the place of a value on the axis, 0 at `low` and 1 at `high`."""
        if self.kind == "linear":
            return (value - self.low) / (self.high - self.low)
        return math.log(value / self.low) / math.log(self.high / self.low)


def fits(value: float | int | str | None, kind: Kind) -> bool:
    """Return True if an axis of this kind can show `value`: a finite number, above 0 on a logarithmic axis."""
    return isinstance(value, int | float) and math.isfinite(value) and (kind == "linear" or value > 0)


def scale(values: Sequence[float], kind: Kind, *, from_zero: bool = False, tight: bool = False) -> Scale:
    """Return an axis that holds all `values`: at least one, and `fits` is true of all.

    Its ends are ticks, or with `tight` the smallest and the largest value. A single value gets an axis around it.
    """
    assert values, "an axis needs a value"
    low, high = min(values), max(values)
    if kind == "linear":
        return _linear(min(low, 0.0) if from_zero else low, high, tight)
    if kind == "log10" and high / low < 100:
        return _within_decades(low, high)
    base = 2.0 if kind == "log2" else 10.0
    first, last = math.floor(math.log(low, base) + 1e-9), math.ceil(math.log(high, base) - 1e-9)
    if last == first:
        first, last = first - 1, last + 1
    every = math.ceil((last - first) / 6)
    ticks = tuple(base**power for power in range(first, last + 1, every))
    if tight and low < high:
        return Scale(kind, low, high, tuple(t for t in ticks if low <= t <= high))
    return Scale(kind, ticks[0], max(base**last, ticks[-1]), ticks)


def _within_decades(low: float, high: float) -> Scale:
    """Return a logarithmic axis over less than two decades, where powers of ten alone would be one or two ticks."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    steps = [float(f"{factor}e{power}") for power in decades for factor in (1, 2, 5)]
    first = max(place for place, step in enumerate(steps) if step <= low * (1 - 1e-9) or step == low)
    last = min(place for place, step in enumerate(steps) if step >= high and place > first)
    return Scale("log10", steps[first], steps[last], tuple(steps[first : last + 1]))


def _linear(low: float, high: float, tight: bool) -> Scale:
    if not high - low > 1e-9 * max(abs(low), abs(high)):  # flat: leave room on both sides
        room = abs(high) * 0.5 or 1.0
        low, high, tight = (low - room if low else 0.0), high + room, False
    step = _round_step((high - low) / 6)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(step * place, 12 - math.floor(math.log10(step))) for place in range(first, last + 1))
    if tight:
        return Scale("linear", low, high, tuple(t for t in ticks if low <= t <= high))
    return Scale("linear", ticks[0], ticks[-1], ticks)


def _round_step(wanted: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least `wanted`."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted * (1 - 1e-9))


def tick_texts(ticks: Sequence[float], kind: Kind) -> list[str]:
    """Return the labels of the ticks. On a linear axis all have equally many decimals: 0.05, 0.10, 0.15."""
    texts = [_tick_text(tick) for tick in ticks]
    if kind != "linear" or any("e" in text or "k" in text for text in texts):
        return texts
    decimals = max(len(text.partition(".")[2]) for text in texts)
    return [f"{tick:.{decimals}f}" for tick in ticks]


def _tick_text(value: float) -> str:
    """Return a short label (0.05, 120, 20k, 1e-6) that reads back as the same number to 6 digits."""
    size = abs(value)
    if size and (size < 1e-3 or size >= 1e6):
        mantissa, exponent = f"{value:.5e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return f"{value / 1000:g}k" if size >= 10_000 else f"{value:g}"
