"""The sources of a study's numbers: every cell with its run, its first policy and the keys of its evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tasks.report.formatting import fixed, interval_text, key_mark, short_key
from tasks.report.html_tables import scrolling, table
from tasks.report.progress import duration
from tasks.report.study.data import StudyReport
from tasks.study.analysis import Analysis
from tasks.study.cells import Cell
from tasks.study.metrics import ENTROPY
from tasks.study.random_effects import Estimate

HEADS = (
    *("setting", "variant", "seed", "run", "first policy (lineage)", "suite", "tokens sampled", "wall time"),
    *("steps made / found", "made on", "evaluations (iteration, T: artifact)"),
)


def cells_table(report: StudyReport) -> str:
    """Return a row for each cell, with its run's name and the keys of its evaluations' artifacts in the store."""
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADS)
    body = "".join(f"<tr>{''.join(f'<td>{text}' for text in _cell(report, cell))}" for cell in report.ordered)
    return scrolling(f"<table><thead><tr>{head}<tbody>{body}</table>", "cells")


def _cell(report: StudyReport, cell: Cell) -> Sequence[str]:
    """Return the columns of a cell as markup."""
    keys = ", ".join(f"{p.iteration}, {p.temperature:g}: {key_mark(p.artifact)}" for p in cell.points)
    host = ", ".join(f"{name} {value}" for name, value in cell.host.items())
    return (
        escape(report.settings[cell.setting]),
        escape(report.variants[cell.variant]),
        str(cell.seed),
        f"<code>{escape(cell.run)}</code>",
        key_mark(cell.start),
        f"{escape(cell.suite)}, {cell.questions[0]} questions",
        f"{cell.tokens:,}",
        duration(cell.seconds),
        f"{cell.steps_made:,} / {cell.steps_found:,}",
        escape(host or "-"),
        keys,
    )


def curve_numbers(report: StudyReport, analysis: Analysis, setting: str, temperature: float) -> str:
    """Return the numbers behind the frontier's charts, each with its evaluations, one per seed."""
    names = list(dict.fromkeys(("Pass@1", f"Pass@{analysis.design.largest_k}", ENTROPY.name)))
    rows = [
        [
            report.variants[curve.variant],
            str(point.iteration),
            ", ".join(map(str, point.seeds)),
            *(text for name in names for text in _mean(point.means.get(name))),
            ", ".join(map(short_key, point.artifacts)),
        ]
        for curve in analysis.curves
        if (curve.setting, curve.temperature) == (setting, temperature)
        for point in curve.points
    ]
    numbers = (head for name in names for head in (name, "95 % over seeds"))
    return table(["variant", "iteration", "seeds", *numbers, "from the evaluations"], rows, "frontier")


def _mean(estimate: Estimate | None) -> tuple[str, str]:
    return ("-", "-") if estimate is None else (fixed(estimate.mean), interval_text(estimate.over_seeds))
