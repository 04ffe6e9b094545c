"""The checkpoint stage's Prefect task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from tasks.checkpoint.policies import Checkpoint

if TYPE_CHECKING:
    from tasks.context import Context


@task(name="checkpoint", task_run_name="checkpoint {iteration}", **TASK_OPTIONS)
def checkpoint(context: Context, iteration: int, saved: Checkpoint | None) -> Manifest | Any:
    """Takes what `Context.save_policy` wrote of the policy after `iteration` iterations into the store (None: the store has it); older ones go, as
    `checkpoint.keep` says. Submitted: an upload does not hold up training."""
    if saved is None:
        return cached(context.policies.stored(context.experiment.lineage(iteration)))
    return context.commit_policy(saved)
