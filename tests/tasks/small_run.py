"""A real experiment of a few seconds, stage by stage in this process: real engines, no Prefect server."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from infra.paths import LOGS, ROOT
from infra.steps import value
from infra.store import Manifest, Store
from specs.load import load_spec
from tasks.checkpoint.task import checkpoint
from tasks.context import Context
from tasks.data.task import data
from tasks.engines import Engines
from tasks.evaluate.task import evaluate
from tasks.reward.task import judge
from tasks.rollout.task import rollout
from tasks.train.task import start, train

#: 60 supervised steps half solve this puzzle, so that rewards differ and training moves the policy.
SETTINGS = (
    "name=small", "control=null", "data.train=puzzle:graph_colouring?vertices=4&count=40", "data.heldout=4", "warm_start.steps=60",
    "warm_start.batch=64", "rollout.prompts=4", "rollout.shard_prompts=2", "rollout.samples=4", "rollout.max_prompt_tokens=64",
    "rollout.max_response_tokens=24", "train.iterations=3", "train.minibatch_prompts=2", "checkpoint.every=2", "evaluate.samples=2",
    "evaluate.ks=[1,2]", "placement.threads=1",
)  # fmt: skip


@contextlib.contextmanager
def opened(store: Path, *overrides: str) -> Iterator[Context]:
    """A context with engines of its own, that start when they are first needed and end here."""
    loaded = load_spec(
        ROOT / "specs" / "quickstart.yaml", [*SETTINGS, *overrides, f"store={store.as_uri()}"], environ={}
    )
    engines = Engines(loaded.spec)
    context = Context(loaded.spec, Store(loaded.spec.store), engines)
    try:
        yield context
    finally:
        context.close()
        engines.close()
        shutil.rmtree(LOGS / f"small-{os.getpid()}", ignore_errors=True)


def iterate(context: Context, iterations: int) -> None:
    """What the flow does, up to and with iteration `iterations` - 1."""
    value(data.fn(context))
    value(start.fn(context))
    for k in range(iterations):
        value(rollout.fn(context, k))
        value(judge.fn(context, k))
        value(train.fn(context, k))
        if k + 1 in context.experiment.checkpointed_iterations():
            value(checkpoint.fn(context, k + 1, context.save_policy(k + 1)))


def evaluation(context: Context, iteration: int) -> Manifest:
    manifest: Manifest = value(evaluate.fn(context, iteration, "heldout"))
    return manifest
