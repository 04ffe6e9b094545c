"""The training run: one plain loop over iterations.

    armature train specs/quickstart.yaml --set seed=3     # here and now, no server
    prefect deployment run arm-train/quickstart           # through a worker

A run with a `control` trains the control first, from the same warm start, in the same flow, and reports both.
"""

from __future__ import annotations

if __name__ == "__main__":  # above the imports of libraries, which take seconds; the command line leaves by SystemExit
    import runpy

    runpy.run_module("flows.cli", run_name="__main__")

import contextlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from infra import prefect_runtime
from infra.lease import RunLock
from infra.store import Manifest, Store
from infra.termination import Terminated, termination
from specs.load import Loaded, load_control, load_spec
from specs.paths import REPOSITORY_ROOT
from tasks.engines.engines import Engines
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import Experiment
from tasks.report.build import build
from tasks.run.content import content_of
from tasks.run.record import RunRecord, metrics_row
from tasks.run.session import Session
from tasks.run.uploads import Uploads
from tasks.stage import value
from tasks.stages import (
    can_evaluate,
    evaluate,
    prepare,
    remake_start,
    report,
    reward,
    rollout,
    save,
    start,
    submit_checkpoint,
    suite_steps,
    train,
)
from tasks.train.trial import try_own_code

log = logging.getLogger("armature")

#: With a store that is away, once SIGTERM ends the run: its record and its lock are not worth more of the 20 s.
LAST_PATIENCE_S = 4.0


@flow(name="arm-train", flow_run_name="{spec}", validate_parameters=True)
def arm_train(
    spec: str, overrides: list[str] | None = None, seed: int | None = None, replay: bool = False
) -> dict[str, Any]:
    """Train the experiment of the file `spec` (a path; a relative one is relative to the repository root).

    The file is read when the run starts. `overrides` are `key.path=value`; `seed` stands for `seed=...`. With `replay`,
    iterations whose weights were not kept are trained again from the store where an evaluation of them is due. Returns
    {"report": URI, "comparison": text, "runs": names}.
    """
    settings = [*(overrides or []), *([f"seed={seed}"] if seed is not None else [])]
    loaded = load_spec(spec_path(spec), settings)
    control = load_control(loaded, settings)
    with prefect_runtime.flow_body():
        return run_experiments([each for each in (control, loaded) if each is not None], replay=replay)


def run_experiments(experiments: list[Loaded], *, replay: bool) -> dict[str, Any]:
    """Train each experiment in turn, on shared engines, and write the last one's report with all of them in it."""
    main_spec = experiments[-1].spec
    store = Store(main_spec.store)
    engines = Engines(main_spec)
    runs: list[tuple[OpenRun, RunRecord]] = []
    with contextlib.ExitStack() as ending:
        ending.callback(engines.close)
        try:
            for loaded in experiments:
                experiment = Experiment(loaded.spec, store=store)
                lock = ending.enter_context(RunLock(store.files, experiment.run))
                session = Session(store, lock.check)
                ending.callback(session.close)
                run = OpenRun(loaded.spec, session, engines, remake_start, experiment)
                ending.callback(run.close)
                record = RunRecord(session, run.experiment, loaded)
                ending.push(record.stopped)
                runs.append((run, record))
                record.begin()
                train_run(run, record, replay=replay)
            run, record = runs[-1]
            where, comparison = report(
                record, lambda: build([content_of(*each) for each in runs]), run.spec.evaluate.ks
            )
        except Terminated:
            store.files.retry.hurry(LAST_PATIENCE_S)
            log.warning("stopped by SIGTERM; what was finished is in the store, the same command goes on from here")
            raise
        _log_counts([run for run, _ in runs])
        return {"report": where, "comparison": comparison, "runs": [run.experiment.run for run, _ in runs]}


def train_run(run: OpenRun, record: RunRecord, *, replay: bool, others: Sequence[Experiment] = ()) -> None:
    """Run one experiment, from its data to its last evaluation. What an earlier start finished comes from the store.

    `record` has begun. `others` are the same experiment under other evaluation settings: they are evaluated too, beside
    the record.
    """
    spec, experiment = run.spec, run.experiment
    record.data(prepare(run))
    for name in experiment.suites:
        record.suite(name, *suite_steps(run, name))
    try_own_code(spec)
    value(start(run))
    due = spec.checkpointed_iterations()
    with Uploads() as uploads:
        _evaluate(run, record, 0, replay, others)
        for k in range(spec.train.iterations):
            began = time.monotonic()
            termination.check()
            shards: list[Manifest] = value(rollout(run, k))
            termination.check()
            verdicts: Manifest = value(reward(run, k))
            termination.check()
            trained = train(run, k)
            step: Manifest = value(trained)
            fresh = not isinstance(trained, State)  # a state: the store had it
            record.iteration(metrics_row(k, shards, verdicts, step), time.monotonic() - began if fresh else None)
            # An older checkpoint that retention dropped is not made again when its iteration comes from the store.
            if k + 1 in due and (fresh or k + 1 == spec.train.iterations):
                uploads.wait()
                saved = None if run.policies.stored(experiment.lineage(k + 1)) else save(run, k + 1)
                uploads.add(submit_checkpoint(run, k + 1, saved, uploads.stop))
            _evaluate(run, record, k + 1, replay, others)
    record.finish()


def _evaluate(run: OpenRun, record: RunRecord, iteration: int, replay: bool, others: Sequence[Experiment]) -> None:
    """Run the evaluations that are due after `iteration` iterations.

    Weights that were not kept are not made again for an evaluation that is new, unless that was asked for.
    """
    if iteration not in run.experiment.evaluated_iterations():
        return
    lineage = run.experiment.lineage(iteration)
    for name in run.experiment.suites:
        termination.check()
        if replay or can_evaluate(run, iteration, name):
            record.evaluation(iteration, name, value(evaluate(run, iteration, name, lineage, None)))
        else:
            log.info(
                "evaluation after %d on %s is left out: its weights were not kept; with --replay they are made again",
                iteration,
                name,
            )
        for other in others:
            if replay or can_evaluate(run, iteration, name, other):
                evaluate(run, iteration, name, lineage, None, experiment=other)


def _log_counts(runs: Sequence[OpenRun]) -> None:
    found, made = sum(run.session.found for run in runs), sum(run.session.made for run in runs)
    replayed = sum(run.policies.replayed for run in runs)
    if made:
        again = f"; {replayed} training iterations were repeated from the store" if replayed else ""
        log.info("%d steps ran, %d were found in the store%s", made, found, again)
    else:
        log.info("nothing to do: all %d steps were found in the store", found)


def spec_path(spec: str) -> Path:
    """Return the path of a spec file: relative to the current folder where it is there, else to the repository root."""
    path = Path(spec)
    return path if path.is_absolute() or path.exists() else REPOSITORY_ROOT / path
