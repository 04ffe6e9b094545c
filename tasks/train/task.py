"""The training stage's Prefect tasks: the policy at the start, and one iteration."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from tasks import table

if TYPE_CHECKING:
    from tasks.context import Context

VERSION = 1  # of an iteration: raise it when the same inputs would give another payload
START_VERSION = 1  # of the policy at the start


@task(name="start", **TASK_OPTIONS)
def start(context: Context) -> Manifest | Any:
    """The policy that training begins with: given weights, or a tiny model made on the spot, after the warm start."""
    step = context.experiment.start
    if (hit := context.find(step)) is not None:
        return cached(hit)
    started = time.monotonic()
    with context.scratch_folder("start") as folder:
        files, result, recorded = context.make_start(folder)
        return context.commit(step, files, kind="weights", result=result, recorded=recorded, seconds=time.monotonic() - started)


@task(name="train", task_run_name="train {iteration}", **TASK_OPTIONS)
def train(context: Context, iteration: int) -> Manifest | Any:
    """The optimiser steps of an iteration. The step's key is the lineage of the policy that it makes."""
    step = context.experiment.train(iteration)
    if (hit := context.find(step)) is not None:
        return cached(hit)
    context.trainer_for(step.inputs["policy"])
    started = time.monotonic()
    done = context.train_on(step.key, step.inputs)
    return context.commit(
        step,
        {"responses.parquet": table.to_bytes(done["responses"], table.RESPONSES)},
        kind="metrics",
        rows=len(done["responses"]),
        result={"metrics": done["metrics"]},
        recorded={**context.trainer.environment, **done["recorded"]},
        seconds=time.monotonic() - started,
        parts=done["seconds"],
    )
