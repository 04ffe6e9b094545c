"""The rollout stage's Prefect task."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from infra.termination import termination
from tasks.rollout.shards import roll_out, shard_problems
from tasks.rollout.table import write_rollouts

if TYPE_CHECKING:
    from tasks.context import Context

VERSION = 1  # raise it when the same inputs would give another payload


@task(name="rollout", task_run_name="rollout {iteration}", **TASK_OPTIONS)
def rollout(context: Context, iteration: int) -> list[Manifest] | Any:
    """All samples of an iteration, shard by shard; a shard that the store has is not drawn again."""
    steps = context.experiment.rollouts(iteration)
    hits = [context.find(step) for step in steps]
    if None not in hits:
        return cached(hits)
    shards = []
    for index, (step, hit) in enumerate(zip(steps, hits, strict=True)):
        if hit is not None:
            shards.append(hit)
            continue
        termination.check()
        lineage, settings, seed = step.inputs["policy"], context.spec.rollout, context.spec.seed
        # checked when they are read: before an engine starts
        problems = shard_problems(context.dataset.train, settings, seed, iteration, index)
        context.engine_for(lineage)
        started = time.monotonic()
        stops = context.dataset.stop_token_ids
        rows = roll_out(context.roller, problems, settings, seed, stops, lineage, iteration)
        with context.scratch_folder("rollouts") as folder:
            path = folder / "rollouts.parquet"
            write_rollouts(path, rows)
            tokens = sum(len(r.response_ids) for r in rows)
            seconds = time.monotonic() - started
            shards.append(
                context.commit(
                    step,
                    {path.name: path},
                    kind="rows",
                    rows=len(rows),
                    result={"response_tokens": tokens},
                    seconds=seconds,
                )
            )
    return shards
