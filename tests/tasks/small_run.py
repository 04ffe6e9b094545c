"""A real experiment of a few seconds, stage by stage in this process: real engines, no Prefect server."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from infra.paths import LOGS
from infra.store import Manifest, Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.engines import open_run
from tasks.engines.open_run import OpenRun
from tasks.stage import value
from tasks.stages import columns, data, evaluate, remake_start, reward, rollout, train

#: 60 supervised steps half solve this puzzle, so that rewards differ and training moves the policy.
SETTINGS = (
    "name=small",
    "control=null",
    "data.train=puzzle:graph_colouring?vertices=4&count=40",
    "data.heldout=4",
    "warm_start.steps=60",
    "warm_start.batch=64",
    "rollout.prompts=4",
    "rollout.shard_prompts=2",
    "rollout.samples=4",
    "rollout.max_prompt_tokens=64",
    "rollout.max_response_tokens=24",
    "train.iterations=3",
    "train.minibatch_prompts=2",
    "checkpoint.every=2",
    "evaluate.samples=2",
    "evaluate.ks=[1,2]",
    "placement.threads=1",
)


@contextlib.contextmanager
def opened(store: Path, *overrides: str) -> Iterator[OpenRun]:
    """Open a run on engines of its own, that start when they are first needed and end here."""
    settings = [*SETTINGS, *overrides, f"store={store.as_uri()}"]
    loaded = load_spec(ROOT / "specs" / "quickstart.yaml", settings, environ={})
    try:
        with open_run.opened(loaded.spec, Store(loaded.spec.store), remake_start) as run:
            yield run
    finally:
        shutil.rmtree(LOGS / f"small-{os.getpid()}", ignore_errors=True)


def iterate(run: OpenRun, iterations: int) -> None:
    """Do what the flow does, up to and with iteration `iterations` - 1."""
    value(data.plain(run))
    if run.experiment.columns is not None:
        value(columns.plain(run))
    remake_start(run)
    for k in range(iterations):
        value(rollout.plain(run, k))
        value(reward.plain(run, k))
        value(train.plain(run, k))
        if k + 1 in run.spec.checkpointed_iterations() and (saved := run.checkpoints.save(k + 1)) is not None:
            run.checkpoints.commit(saved, k + 1)


def evaluation(run: OpenRun, iteration: int, suite: str = "heldout") -> Manifest:
    """Evaluate the policy after `iteration` iterations on a suite."""
    lineage = run.experiment.lineage(iteration)
    manifest: Manifest = value(evaluate.plain(run, iteration, suite, lineage, None))
    return manifest
