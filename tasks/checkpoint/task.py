"""The checkpoint stage's Prefect task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest

if TYPE_CHECKING:
    from tasks.context import Context


@task(name="checkpoint", task_run_name="checkpoint {iteration}", **TASK_OPTIONS)
def checkpoint(context: Context, iteration: int) -> Manifest | Any:
    """Weights and optimizer of the policy after `iteration` iterations, into the store; older ones go, as `checkpoint.keep` says."""
    lineage = context.experiment.lineage(iteration)
    if (hit := context.policies.stored(lineage)) is not None:
        return cached(hit)
    manifest = context.save_policy(lineage)
    context.retain(iteration)
    return manifest
