"""The report stage's Prefect task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prefect import task
from prefect.artifacts import create_link_artifact, create_table_artifact

from infra.steps import TASK_OPTIONS
from tasks.report.build import build
from tasks.report.page import render
from tasks.report.text_tables import comparison_table, render_text

if TYPE_CHECKING:
    from tasks.context import Context
    from tasks.runs import RunRecord


@task(name="report", **TASK_OPTIONS)
def report(runs: Sequence[tuple[Context, RunRecord]]) -> tuple[str, str]:
    """Writes the last run's report, with the runs before it beside, into the store, and tells Prefect of it. Returns (where it lies, the
    comparison as text). A view of what the store has: it is made anew each time."""
    context, record = runs[-1]
    data = build(runs)
    where = record.publish("report.html", render(data).encode())
    key = context.experiment.run.replace("/", "-").replace("_", "-").replace(".", "-")
    create_link_artifact(
        key=f"report-{key}", link=where, link_text="report", description=f"Report of {record.name}: {where}"
    )
    rows = comparison_table(data.evaluations, context.spec.evaluate.ks) if data.evaluations else []
    if rows:
        head, *body = rows
        create_table_artifact(
            key=f"comparison-{key}",
            table=[dict(zip(head, row, strict=True)) for row in body],
            description="Start and end of each run",
        )
    return where, render_text(rows) if rows else ""
