"""The checkpoint stage's Prefect task."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from tasks.checkpoint.policies import Checkpoint

if TYPE_CHECKING:
    from tasks.context import Context


@task(name="save", task_run_name="save {iteration}", **TASK_OPTIONS)
def save(context: Context, iteration: int) -> Checkpoint | None:
    """The policy after `iteration` iterations on the local disk. None where the store has it: a replay on the way came by it."""
    return context.save_policy(iteration)


@task(name="checkpoint", task_run_name="checkpoint {iteration}", **TASK_OPTIONS)
def checkpoint(
    context: Context, iteration: int, saved: Checkpoint | None, stop: threading.Event | None = None
) -> Manifest | Any:
    """Takes what `save` wrote of the policy after `iteration` iterations into the store (None: the store has it); older ones go, as
    `checkpoint.keep` says. Submitted: an upload does not hold up training. `stop` gives it up."""
    if saved is None:
        return cached(context.policies.stored(context.experiment.lineage(iteration)))
    return context.commit_policy(saved, stop)
