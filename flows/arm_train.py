"""The training run: one plain loop over iterations.

    python -m flows.arm_train specs/quickstart.yaml --set seed=3        # here and now, no server
    python -m flows.arm_train specs/quickstart.yaml --plan              # what would run, what the store has
    prefect deployment run arm-train/quickstart                         # through a worker

A run with a `control` trains the control first, from the same warm start, in the same flow, and reports both.
"""

from __future__ import annotations

from infra import embedded

embedded.configure()

import logging  # noqa: E402  # Prefect must be imported after it has been told where to live
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from prefect import flow  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402

from flows.command_line import main  # noqa: E402
from infra.paths import ROOT  # noqa: E402
from infra.steps import value  # noqa: E402
from infra.store import Manifest, Store  # noqa: E402
from specs.load import Loaded, load_control, load_spec  # noqa: E402
from tasks.checkpoint.task import checkpoint  # noqa: E402
from tasks.context import Context, Engines  # noqa: E402
from tasks.data.task import data  # noqa: E402
from tasks.evaluate.task import evaluate  # noqa: E402
from tasks.report.task import report  # noqa: E402
from tasks.reward.task import judge  # noqa: E402
from tasks.rollout.task import rollout  # noqa: E402
from tasks.runs import RunRecord, metrics_row  # noqa: E402
from tasks.train.task import start, train  # noqa: E402

log = logging.getLogger("armature")


@flow(name="arm-train", flow_run_name="{spec}", validate_parameters=True)
def arm_train(spec: str, overrides: list[str] | None = None, seed: int | None = None) -> dict[str, Any]:
    """Train the experiment of the file `spec` (a path; a relative one is relative to the repository root). The file is read when
    the run starts. `overrides` are `key.path=value`; `seed` stands for `seed=...`. Returns {"report": URI, "comparison": text, "runs": names}."""
    embedded.end_server_with_us()
    settings = [*(overrides or []), *([f"seed={seed}"] if seed is not None else [])]
    loaded = load_spec(_spec_path(spec), settings)
    control = load_control(loaded, settings)
    return run_experiments([each for each in (control, loaded) if each is not None])


def run_experiments(experiments: list[Loaded]) -> dict[str, Any]:
    """Trains each experiment in turn, on shared engines, and writes the last one's report with all of them in it."""
    main_spec = experiments[-1].spec
    store = Store(main_spec.store)
    engines = Engines(main_spec)
    runs: list[tuple[Context, RunRecord]] = []
    try:
        for loaded in experiments:
            context = Context(loaded.spec, store, engines)
            runs.append((context, RunRecord(context, loaded)))
            train_run(*runs[-1])
        where, comparison = report(runs)
        _say_what_ran([context for context, _ in runs])
        return {"report": where, "comparison": comparison, "runs": [context.experiment.run for context, _ in runs]}
    finally:
        for context, _ in runs:
            context.close()
        engines.close()


def train_run(context: Context, record: RunRecord) -> None:
    """One experiment, from its data to its last evaluation."""
    spec, experiment = context.spec, context.experiment
    log.info("run %s  store %s", experiment.run, context.store.uri)
    record.data(value(data(context)))
    value(start(context))
    record.begin()
    evaluated, saved = experiment.evaluated_iterations(), experiment.checkpointed_iterations()
    _evaluate(context, record, 0, evaluated)
    for k in range(spec.train.iterations):
        began = time.monotonic()
        shards: list[Manifest] = value(rollout(context, k))
        verdicts: Manifest = value(judge(context, k))
        trained = train(context, k)
        step: Manifest = value(trained)
        fresh = not isinstance(trained, State)  # a state: the store had it
        record.iteration(metrics_row(k, shards, verdicts, step), time.monotonic() - began if fresh else None)
        # An older checkpoint that retention dropped is not made again when its iteration comes from the store.
        if k + 1 in saved and (fresh or k + 1 == spec.train.iterations):
            value(checkpoint(context, k + 1))
        _evaluate(context, record, k + 1, evaluated)
    record.finish()


def _evaluate(context: Context, record: RunRecord, iteration: int, due: list[int]) -> None:
    if iteration in due:
        for suite in context.spec.evaluate.suites:
            record.evaluation(iteration, suite, value(evaluate(context, iteration, suite)))


def _say_what_ran(contexts: list[Context]) -> None:
    found, made = sum(c.found for c in contexts), sum(c.made for c in contexts)
    if made:
        log.info("%d steps ran, %d were found in the store", made, found)
    else:
        log.info("nothing to do: all %d steps were found in the store", found)


def _spec_path(spec: str) -> Path:
    path = Path(spec)
    return path if path.is_absolute() or path.exists() else ROOT / path


if __name__ == "__main__":
    sys.exit(main(arm_train))
