"""The evaluation stage's Prefect task."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from tasks import table
from tasks.evaluate.sampling import evaluate as sample_and_judge
from tasks.evaluate.summary import SampleRecord, summarise

if TYPE_CHECKING:
    from tasks.context import Context

VERSION = 1  # raise it when the same inputs would give another payload


@task(name="evaluate", task_run_name="evaluate {iteration} {suite}", **TASK_OPTIONS)
def evaluate(context: Context, iteration: int, suite: str) -> Manifest | Any:
    """Samples of a suite from the policy after `iteration` iterations, judged and summarised."""
    step = context.experiment.evaluation(iteration, suite)
    if (hit := context.find(step)) is not None:
        return cached(hit)
    context.engine_for(step.inputs["policy"])
    started = time.monotonic()
    rows = sample_and_judge(context.roller, context.judge, context.dataset, step.inputs["part"], suite, context.spec.reward.max_not_judged_share)
    records = [SampleRecord(**{name: row[name] for name in SampleRecord.__dataclass_fields__}) for row in rows]
    summary = summarise(records, context.spec.reward.correct_at).to_json()
    payload = {"samples.parquet": table.to_bytes(rows, table.SAMPLES)}
    return context.commit(step, payload, kind="rows", rows=len(rows), result=summary, seconds=time.monotonic() - started)
