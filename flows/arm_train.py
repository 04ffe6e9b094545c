"""The training run: one plain loop over iterations.

    python -m flows.arm_train specs/quickstart.yaml --set seed=3        # here and now, no server
    python -m flows.arm_train specs/quickstart.yaml --plan              # what would run, what the store has
    prefect deployment run arm-train/quickstart                         # through a worker

A run with a `control` trains the control first, from the same warm start, in the same flow, and reports both.
"""

from __future__ import annotations

from infra import prefect_runtime

prefect_runtime.configure()

import contextlib  # noqa: E402  # Prefect must be imported after it has been told where to live
import logging  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from prefect import flow  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402

from flows.command_line import main  # noqa: E402
from flows.evaluations import suite_steps  # noqa: E402
from flows.uploads import Uploads  # noqa: E402
from infra.lease import RunLock  # noqa: E402
from infra.paths import ROOT  # noqa: E402
from infra.steps import value  # noqa: E402
from infra.store import Manifest, Store  # noqa: E402
from infra.termination import Terminated, termination  # noqa: E402
from specs.identity import run_name  # noqa: E402
from specs.load import Loaded, load_control, load_spec  # noqa: E402
from tasks.checkpoint.task import checkpoint, save  # noqa: E402
from tasks.context import Context  # noqa: E402
from tasks.data.task import data  # noqa: E402
from tasks.engines import Engines  # noqa: E402
from tasks.evaluate.task import evaluate  # noqa: E402
from tasks.report.task import report  # noqa: E402
from tasks.reward.task import judge  # noqa: E402
from tasks.rollout.task import rollout  # noqa: E402
from tasks.runs import RunRecord, metrics_row  # noqa: E402
from tasks.train.task import start, train  # noqa: E402

log = logging.getLogger("armature")

LAST_PATIENCE_S = (
    2.0  # with a store that is away, once SIGTERM ends the run: its record and its lock are not worth more of the 20 s
)


@flow(name="arm-train", flow_run_name="{spec}", validate_parameters=True)
def arm_train(
    spec: str, overrides: list[str] | None = None, seed: int | None = None, replay: bool = False
) -> dict[str, Any]:
    """Train the experiment of the file `spec` (a path; a relative one is relative to the repository root). The file is read when
    the run starts. `overrides` are `key.path=value`; `seed` stands for `seed=...`. `replay`: iterations whose weights were not kept are trained again from
    the store where an evaluation of them is due. Returns {"report": URI, "comparison": text, "runs": names}."""
    settings = [*(overrides or []), *([f"seed={seed}"] if seed is not None else [])]
    loaded = load_spec(spec_path(spec), settings)
    control = load_control(loaded, settings)
    with prefect_runtime.flow_body():
        return run_experiments([each for each in (control, loaded) if each is not None], replay=replay)


def run_experiments(experiments: list[Loaded], *, replay: bool) -> dict[str, Any]:
    """Trains each experiment in turn, on shared engines, and writes the last one's report with all of them in it."""
    main_spec = experiments[-1].spec
    store = Store(main_spec.store)
    engines = Engines(main_spec)
    runs: list[tuple[Context, RunRecord]] = []
    with contextlib.ExitStack() as ending:
        ending.callback(engines.close)
        try:
            for loaded in experiments:
                lock = ending.enter_context(RunLock(store.files, run_name(loaded.spec)))
                context = Context(loaded.spec, store, engines, lock.check)
                ending.callback(context.close)
                record = RunRecord(context, loaded)
                ending.push(record.stopped)
                runs.append((context, record))
                train_run(context, record, replay=replay)
            where, comparison = report(runs)
        except Terminated:
            store.files.retry.limit_s = LAST_PATIENCE_S
            log.warning("stopped by SIGTERM; what was finished is in the store, the same command goes on from here")
            raise
        _say_what_ran([context for context, _ in runs])
        return {"report": where, "comparison": comparison, "runs": [context.experiment.run for context, _ in runs]}


def train_run(context: Context, record: RunRecord, *, replay: bool, others: Sequence[Context] = ()) -> None:
    """One experiment, from its data to its last evaluation. What an earlier start has finished comes from the store. `others`: the same experiment
    evaluated otherwise as well, beside the evaluations that the record has."""
    spec, experiment = context.spec, context.experiment
    record.begin()
    record.data(value(data(context)))
    for name in spec.evaluate.suites:
        record.suite(name, *suite_steps(context, name))
    value(start(context))
    due = experiment.checkpointed_iterations()
    with Uploads() as uploads:
        _evaluate(context, record, 0, replay, others)
        for k in range(spec.train.iterations):
            began = time.monotonic()
            termination.check()
            shards: list[Manifest] = value(rollout(context, k))
            termination.check()
            verdicts: Manifest = value(judge(context, k))
            termination.check()
            trained = train(context, k)
            step: Manifest = value(trained)
            fresh = not isinstance(trained, State)  # a state: the store had it
            record.iteration(metrics_row(k, shards, verdicts, step), time.monotonic() - began if fresh else None)
            # An older checkpoint that retention dropped is not made again when its iteration comes from the store.
            if k + 1 in due and (fresh or k + 1 == spec.train.iterations):
                uploads.wait()
                saved = None if context.policies.stored(experiment.lineage(k + 1)) else save(context, k + 1)
                uploads.add(checkpoint.submit(context, k + 1, saved, uploads.stop))
            _evaluate(context, record, k + 1, replay, others)
    record.finish()


def _evaluate(context: Context, record: RunRecord, iteration: int, replay: bool, others: Sequence[Context]) -> None:
    """What is due after `iteration` iterations. Weights that were not kept are not made again for an evaluation that is new, unless that was asked for."""
    if iteration not in context.experiment.evaluated_iterations():
        return
    for name in context.spec.evaluate.suites:
        termination.check()
        if replay or context.can_evaluate(iteration, name):
            record.evaluation(iteration, name, value(evaluate(context, iteration, name)))
        else:
            log.info(
                "evaluation after %d on %s is left out: its weights were not kept; with --replay they are made again",
                iteration,
                name,
            )
        for other in others:
            if replay or other.can_evaluate(iteration, name):
                evaluate(other, iteration, name)


def _say_what_ran(contexts: list[Context]) -> None:
    found, made = sum(c.found for c in contexts), sum(c.made for c in contexts)
    replayed = sum(c.policies.replayed for c in contexts)
    if made:
        again = f"; {replayed} training iterations were repeated from the store" if replayed else ""
        log.info("%d steps ran, %d were found in the store%s", made, found, again)
    else:
        log.info("nothing to do: all %d steps were found in the store", found)


def spec_path(spec: str) -> Path:
    """A relative path is relative to the current directory, where there is such a file, else to the repository root."""
    path = Path(spec)
    return path if path.is_absolute() or path.exists() else ROOT / path


if __name__ == "__main__":
    sys.exit(main(arm_train))
