"""A rescored run as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST = 20  # iterations shown; of more, as many at equal distances, the last one among them

Row = Mapping[str, Any]


def render_text(before: Sequence[Row], after: Sequence[Row], terms: Sequence[str], responses: int) -> str:
    """Return a line for each iteration (of many: for some), and what changed in all.

    `before`, `after`: the rows of the iterations; `responses`: how many were judged in all.
    """
    heads = ["iteration", "score", "now", "right", "now", "to right", "to wrong"]
    heads += [text for name in terms for text in (name, f"r({name})")]
    shown = _spread(len(after))
    rows = [_cells(before[place], after[place], terms) for place in shown]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)]
    to_right, to_wrong = (sum(row[key] for row in after) for key in ("to_right", "to_wrong"))
    lines.append(
        f"{responses:,} responses of {len(after)} iterations: {to_right:,} become right, {to_wrong:,} become wrong"
    )
    if terms:
        lines.append("of a term: its mean without its weight, and r, its correlation with the outcome")
    return "\n".join(lines)


def _cells(before: Row, after: Row, terms: Sequence[str]) -> list[str]:
    numbers = [before["reward_mean"], after["reward_mean"], before["right_share"], after["right_share"]]
    cells = [str(after["iteration"]), *map(_number, numbers), str(after["to_right"]), str(after["to_wrong"])]
    for name in terms:
        cells += [_number(after[f"term_{name}_mean"]), _number(after[f"term_{name}_outcome_correlation"])]
    return cells


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _spread(count: int) -> list[int]:
    """Return the places of at most MOST of `count` rows."""
    if count <= MOST:
        return list(range(count))
    return [round(place * (count - 1) / (MOST - 1)) for place in range(MOST)]
