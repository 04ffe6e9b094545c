"""The comparison that a run ends with: Pass@k, entropy and distinct correct answers of each evaluated policy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tasks.report.data import Column


def comparison_table(columns: Sequence[Column], ks: Sequence[int]) -> list[list[str]]:
    """A heading row (an empty corner, then the labels) and one row per number, as `value ± standard error`.

    The error is left out where there is none; a number that an evaluation does not have (k beyond its samples) is `-`.
    """
    rows = [["", *(column.label for column in columns)]]
    for k in ks:
        rows.append(
            [
                f"Pass@{k}",
                *(_cell(c.summary["pass_at"].get(str(k)), c.summary["pass_at_se"].get(str(k))) for c in columns),
            ]
        )
    rows.append(["entropy, nats per token", *(_cell(c.summary["entropy"], c.summary["entropy_se"]) for c in columns)])
    rows.append(
        [
            "distinct correct answers",
            *(_cell(c.summary["distinct_correct"], c.summary["distinct_correct_se"], 2) for c in columns),
        ]
    )
    if any(c.summary["coverage"] is not None for c in columns):
        rows.append(["share of all solutions", *(_cell(c.summary["coverage"], None) for c in columns)])
    return rows


def render_text(rows: Sequence[Sequence[str]]) -> str:
    """Aligned for a terminal: names to the left, numbers to the right, a rule below the heading. Empty without rows."""
    if not rows:
        return ""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join((lines[0], "  ".join("-" * width for width in widths), *lines[1:]))


def _cell(value: float | None, error: float | None, digits: int = 3) -> str:
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{digits}f}" + ("" if error is None or not math.isfinite(error) else f" ± {error:.{digits}f}")
