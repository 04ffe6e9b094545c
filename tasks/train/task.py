"""The training stage's Prefect tasks: the policy at the start, and one iteration."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from tasks import table
from tasks.checkpoint.fork import pin

if TYPE_CHECKING:
    from tasks.context import Context

log = logging.getLogger("armature")

VERSION = 1  # of an iteration: raise it when the same inputs would give another payload
START_VERSION = 1  # of the policy at the start


@task(name="start", **TASK_OPTIONS)
def start(context: Context) -> Manifest | Any:
    """The policy that training begins with: given weights, or a tiny model made on the spot, after the warm start; or another run's."""
    step, source = context.experiment.start, context.experiment.source
    if source is not None:  # before the look: from here on the source's retention does not drop these weights
        pin(context.store, source, context.experiment.run)
        log.info("goes on from run %s", source)
    if (hit := context.find(step)) is not None:
        return cached(hit)
    if source is not None:  # they were there when this run began, and were lost since
        saved = context.save_policy(0)
        assert saved is not None, "the store had none"
        return context.commit_policy(saved)
    started = time.monotonic()
    with context.scratch_folder("start") as folder:
        files, result, recorded = context.make_start(folder)
        return context.commit(
            step, files, kind="weights", result=result, recorded=recorded, seconds=time.monotonic() - started
        )


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
