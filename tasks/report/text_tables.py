"""Tables as rows of text, a heading row first, and their layout for a terminal and for Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tasks.report.data import Column

Rows = Sequence[Sequence[str]]


def comparison_table(columns: Sequence[Column], ks: Sequence[int]) -> list[list[str]]:
    """Return Pass@k, entropy and distinct correct answers of each evaluated policy, as `value ± standard error`.

    The heading row has an empty corner, then the labels. The error is left out if there is none. A number that an
    evaluation does not have (k beyond its samples) is `-`.
    """
    rows = [["", *(column.label for column in columns)]]
    for k in ks:
        cells = [_cell(c.summary["pass_at"].get(str(k)), c.summary["pass_at_se"].get(str(k))) for c in columns]
        rows.append([f"Pass@{k}", *cells])
    rows.append(["entropy, nats per token", *(_cell(c.summary["entropy"], c.summary["entropy_se"]) for c in columns)])
    distinct = [_cell(c.summary["distinct_correct"], c.summary["distinct_correct_se"], 2) for c in columns]
    rows.append(["distinct correct answers", *distinct])
    if any(c.summary["coverage"] is not None for c in columns):
        rows.append(["share of all solutions", *(_cell(c.summary["coverage"], None) for c in columns)])
    return rows


def render_text(rows: Rows) -> str:
    """Return the rows aligned for a terminal: names to the left, numbers to the right, a rule below the heading.

    Empty without rows.
    """
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


def render_markdown(rows: Rows) -> str:
    """Return the rows as a Markdown table, names to the left and numbers to the right."""
    heading, *body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, ["---", *["---:"] * (len(heading) - 1)], *body))


def _cell(value: float | None, error: float | None, digits: int = 3) -> str:
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{digits}f}" + ("" if error is None or not math.isfinite(error) else f" ± {error:.{digits}f}")
