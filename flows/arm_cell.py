"""One cell of a study: an experiment that is trained, evaluated at each of the study's temperatures, and summarised."""

from __future__ import annotations

import contextlib
import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence

from flows.arm_train import LAST_PATIENCE_S, train_run
from infra.caching import Step
from infra.lease import RunLock
from infra.store import Store
from infra.termination import Terminated
from specs.study import PlannedCell, Study
from tasks.checkpoint.weights import TRAIN_STAGE
from tasks.engines.engines import Engines
from tasks.engines.open_run import OpenRun
from tasks.graph.cells import all_steps, cell_key, experiments_of, shared_steps
from tasks.graph.experiment import Experiment
from tasks.run.cells import points_of, questions_of
from tasks.run.record import RunRecord
from tasks.run.session import Session
from tasks.stage import value
from tasks.stages import evaluate, prepare, remake_start, reward, rollout, start, suite_steps
from tasks.study.cells import Cell, dynamics_of


def run_cell(study: Study, planned: PlannedCell, engines: Engines, begun: Callable[[], None]) -> Cell:
    """Train and evaluate what the store does not have of a cell.

    `begun` is called once all that other cells of its seed need is in the store.
    """
    spec, began = planned.loaded.spec, time.monotonic()
    store = Store(spec.store)
    experiments = experiments_of(study, spec)
    with _opened(planned, store, engines) as (run, record):
        # First, so that gc leaves all of it alone, whether it is found or made.
        record.begin()
        _name_evaluations(store, study, planned, record.name, experiments)
        had = {step.key for step in shared_steps(experiments) if store.find(step.stage, step.key) is not None}
        try:
            prepare(run)
            _begin(run, experiments)
            begun()
            train_run(run, record, replay=True, others=experiments[1:])
        except Terminated:
            store.files.retry.hurry(LAST_PATIENCE_S)
            raise
        points = [point for each in experiments for point in points_of(run, each)]
        steps = all_steps(experiments)
        last = run.session.require(TRAIN_STAGE, run.experiment.lineage(spec.train.iterations))
        return Cell(
            study=study.name,
            setting=planned.setting,
            variant=planned.variant,
            seed=planned.seed,
            key=cell_key(study, spec),
            run=run.experiment.run,
            suite=run.experiment.suites[0],
            iterations=spec.train.iterations,
            start=run.experiment.lineage(0),
            questions=questions_of(run),
            points=tuple(points),
            dynamics=dynamics_of(record.rows),
            tokens=sum(int(row["response_tokens"]) for row in record.rows),
            seconds=round(time.monotonic() - began, 1),
            steps_made=len(steps) - len(had),
            steps_found=len(had),
            seconds_made=round(_seconds(store, [step for step in steps if step.key not in had]), 1),
            seconds_found=round(_seconds(store, [step for step in steps if step.key in had]), 1),
            host={"machine": platform.machine(), **last.recorded},
        )


@contextlib.contextmanager
def _opened(planned: PlannedCell, store: Store, engines: Engines) -> Iterator[tuple[OpenRun, RunRecord]]:
    """Open a cell's run and its record, under the lock of the run."""
    loaded = planned.loaded
    with contextlib.ExitStack() as ending:
        experiment = Experiment(loaded.spec, store=store)
        lock = ending.enter_context(RunLock(store.files, experiment.run))
        session = Session(store, lock.check)
        ending.callback(session.close)
        run = OpenRun(loaded.spec, session, engines, remake_start, experiment)
        ending.callback(run.close)
        record = RunRecord(session, run.experiment, loaded, quiet=True)
        ending.push(record.stopped)
        yield run, record


def _begin(run: OpenRun, experiments: Sequence[Experiment]) -> None:
    """Make everything that variants of a seed share: warm start, its evaluations, the first rollouts and verdicts."""
    (suite,) = run.experiment.suites
    suite_steps(run, suite)
    value(start(run))
    for each in experiments:
        value(evaluate(run, 0, suite, run.experiment.lineage(0), None, experiment=each))
    value(rollout(run, 0))
    value(reward(run, 0))


def _seconds(store: Store, steps: Sequence[Step]) -> float:
    """Return the seconds that steps took when they ran, whichever run made them."""
    manifests = [store.find(step.stage, step.key) for step in steps]
    return sum(float(store.ledger(manifest).get("seconds", 0.0)) for manifest in manifests if manifest is not None)


def _name_evaluations(
    store: Store, study: Study, planned: PlannedCell, run: str, experiments: Sequence[Experiment]
) -> None:
    """Write the record by which gc keeps what the run's own does not name: evaluations at the other temperatures.

    It names what they refer to as well, for as long as they are not there.
    """
    evaluations = [node.step for each in experiments for node in each.steps() if node.stage == "evaluate"]
    steps = dict.fromkeys(name for step in evaluations for name in (step.reference, *step.references))
    record = {"run": run, "steps": [*steps]}
    name = f"studies/{study.name}/{planned.setting}/{planned.variant}.{planned.seed}.json"
    store.files.write(name, json.dumps(record, indent=1).encode())
