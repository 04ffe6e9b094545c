"""HTML tables: numbers to the right, in a container that scrolls by itself on a narrow screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tasks.report.data import ROW_KEYS, Column, RunCurves
from tasks.report.formatting import key_mark, number, short_key
from tasks.report.text_tables import comparison_table

Line = tuple[str, Sequence[tuple[str, str]]]
"""A row's name, and for each column the value and its error or interval."""
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


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], label: str = "numbers") -> str:
    """Return a table of plain text cells, which are escaped here."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in rows)
    return scrolling(f"<table><thead><tr>{head}<tbody>{body}</table>", label)


def scrolling(markup: str, label: str) -> str:
    """Return markup in a container that scrolls sideways; `label` is plain text."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{markup}</div>'


def comparison(evaluations: Sequence[Column], ks: Sequence[int], palette: dict[str, str]) -> str:
    """Return the table of the policies side by side; each column names its evaluation."""
    heading, *rows = comparison_table(evaluations, ks)
    major = [(name, [_split_error(cell) for cell in cells]) for name, *cells in rows]
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
    """Return a table with a column for each label, in its colour, and the artifact of its numbers at the foot.

    All texts are plain, and escaped here.
    """
    marks = [f'<i class="swatch {palette.get(label, "start")}"></i>' for label in labels]
    head = "<th></th>" + "".join(
        f'<th scope="col">{mark}{escape(label)}{NO_ERROR}</th>' for mark, label in zip(marks, labels, strict=True)
    )
    body = "".join(
        f'<tr{kind}><th scope="row">{escape(name)}</th>{"".join(_value_cell(*cell) for cell in cells)}</tr>'
        for kind, lines in (("", major), (' class="minor"', minor))
        for name, cells in lines
    )
    keys = "".join(f"<td>{key_mark(key)}</td>" for key in artifacts)
    foot = f'<tr class="minor"><th scope="row">evaluation (artifact)</th>{keys}</tr>'
    return (
        '<div class="scroll comparison" tabindex="0" role="region" aria-label="comparison">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table></div>"
    )


def every_number(run: RunCurves) -> str:
    """Return all recorded numbers of a run: a row for each iteration, with the artifact's whole key in its title."""
    seen = {key for row in run.iterations for key, value in row.items() if value is not None} - {"artifact"}
    keys = [*(key for key in ROW_KEYS if key in seen), *sorted(seen.difference(ROW_KEYS))]
    head = "".join(f'<th scope="col">{escape(key)}</th>' for key in (*keys, "artifact"))
    rows = []
    for row in run.iterations:
        artifact = str(row.get("artifact") or "")
        cells = "".join(f"<td>{escape(number(row.get(key)))}" for key in keys)
        mark = f'<code title="{escape(artifact)}">{escape(short_key(artifact) or "-")}</code>'
        rows.append(f"<tr>{cells}<td>{mark}")
    return scrolling(f"<table><thead><tr>{head}<tbody>{''.join(rows)}</table>", run.label)


def _split_error(cell: str) -> tuple[str, str]:
    """Split `0.134 ± 0.013` into its value and its error."""
    value, plus_minus, error = cell.partition(" ± ")
    return value, f"± {error}" if plus_minus else ""


def _value_cell(value: str, error: str) -> str:
    """Return a cell whose error or interval is set apart, so that the eye compares values."""
    return f"<td>{escape(value)}" + (f'<span class="error">{escape(error)}</span>' if error else NO_ERROR) + "</td>"


def _formatted(value: float | int | None, form: str) -> str:
    return "-" if value is None else format(value, form)
