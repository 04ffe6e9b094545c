"""HTML tables: numbers to the right, in a container that scrolls by itself where the screen is narrow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from tasks.report.data import ROW_KEYS, Column, RunCurves, short
from tasks.report.table import comparison_table

Line = tuple[str, Sequence[tuple[str, str]]]  # a row's name, and for each column the value and its error or interval
MINUS = "\u2212"
NO_ERROR = '<span class="error"></span>'
MINOR = (
    ("problems", "problems", "d"),
    ("samples per problem", "samples", "d"),
    ("avg@n", "avg", ".3f"),
    ("maj@n", "maj", ".3f"),
    ("distinct answers", "distinct_answers", ".2f"),
    ("tokens per response", "response_tokens", ".1f"),
    ("truncated", "truncated_share", ".3f"),
    ("no answer", "no_answer_share", ".3f"),
    ("not judged", "not_judged_share", ".3f"),
)


def number(value: float | int | str | None) -> str:
    """Four significant digits; `-` where there is none; a text as it is."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return str(value)
    text = str(value) if isinstance(value, int) else f"{value:.4g}"
    return text.replace("-", MINUS, 1) if text.startswith("-") else text


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], label: str = "numbers") -> str:
    """Plain text cells, escaped here."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in rows)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table><thead><tr>{head}<tbody>{body}</table></div>'


def comparison(evaluations: Sequence[Column], ks: Sequence[int], palette: dict[str, str]) -> str:
    """The table of the policies side by side; each column names its evaluation."""
    heading, *rows = comparison_table(evaluations, ks)
    major = [(name, [_apart(cell) for cell in cells]) for name, *cells in rows]
    minor = [
        (name, [(_formatted(column.summary.get(key), form), "") for column in evaluations]) for name, key, form in MINOR
    ]
    return side_by_side(heading[1:], palette, major, minor, [c.artifact for c in evaluations])


def side_by_side(
    labels: Sequence[str],
    palette: Mapping[str, str],
    major: Sequence[Line],
    minor: Sequence[Line],
    artifacts: Sequence[str],
) -> str:
    """A column for each label, in its colour, with the artifact that its numbers came from at the foot. Plain text, escaped here."""
    marks = [f'<i class="swatch {palette.get(label, "start")}"></i>' for label in labels]
    head = "<th></th>" + "".join(
        f'<th scope="col">{mark}{escape(label)}{NO_ERROR}</th>' for mark, label in zip(marks, labels, strict=True)
    )
    body = "".join(
        f'<tr{kind}><th scope="row">{escape(name)}</th>{"".join(_value_cell(*cell) for cell in cells)}</tr>'
        for kind, lines in (("", major), (' class="minor"', minor))
        for name, cells in lines
    )
    keys = "".join(f'<td><code title="{escape(key)}">{escape(short(key))}</code></td>' for key in artifacts)
    foot = f'<tr class="minor"><th scope="row">evaluation (artifact)</th>{keys}</tr>'
    return (
        '<div class="scroll comparison" tabindex="0" role="region" aria-label="comparison">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table></div>"
    )


def every_number(run: RunCurves) -> str:
    """All recorded numbers of a run, a row per iteration, the artifact's whole key in its title."""
    keys = [key for key in ROW_KEYS if key != "artifact" and any(row.get(key) is not None for row in run.iterations)]
    head = "".join(f'<th scope="col">{escape(key)}</th>' for key in (*keys, "artifact"))
    rows = []
    for row in run.iterations:
        artifact = str(row.get("artifact") or "")
        cells = "".join(f"<td>{escape(number(row.get(key)))}" for key in keys)
        rows.append(f'<tr>{cells}<td><code title="{escape(artifact)}">{escape(short(artifact) or "-")}</code>')
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(run.label)}"><table><thead><tr>{head}<tbody>{"".join(rows)}</table></div>'


def _apart(cell: str) -> tuple[str, str]:
    """`0.134 ± 0.013` as its value and its error."""
    value, plus_minus, error = cell.partition(" ± ")
    return value, f"± {error}" if plus_minus else ""


def _value_cell(value: str, error: str) -> str:
    """The error or the interval is set apart, so that the eye compares values."""
    return f"<td>{escape(value)}" + (f'<span class="error">{escape(error)}</span>' if error else NO_ERROR) + "</td>"


def _formatted(value: float | int | None, form: str) -> str:
    return "-" if value is None else format(value, form)
