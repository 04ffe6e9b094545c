"""One cell of a study: an experiment that is trained, evaluated at each of the study's temperatures, and brought down to the numbers that are kept."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence

from prefect.exceptions import TerminationSignal

from flows.arm_train import LAST_PATIENCE_S, train_run
from flows.evaluations import suite_steps
from infra.caching import Step, canonical
from infra.lease import RunLock
from infra.steps import value
from infra.store import Manifest, Store
from specs.identity import run_name
from specs.schema import Spec
from specs.study import PlannedCell, Study
from tasks import table
from tasks.context import Context
from tasks.data.task import data
from tasks.engines import Engines
from tasks.evaluate.judged_sample import JudgedSample, records_of
from tasks.evaluate.summary import question_counts
from tasks.evaluate.task import evaluate
from tasks.experiment import Experiment
from tasks.reward.task import judge
from tasks.rollout.task import rollout
from tasks.runs import RunRecord
from tasks.study.cells import Cell, Point, dynamics_of
from tasks.train.task import start


def cell_key(study: Study, spec: Spec) -> str:
    """What a cell's numbers depend on: the lineage of its last policy and the keys of its evaluations, in which everything is that its steps depend on. A
    result with another key is not this study's, and is made again. Raises DataError, SpecError where the data or the weights are not here."""
    experiments = _experiments(study, spec)
    (suite,) = spec.evaluate.suites
    evaluations = sorted(each.evaluation(k, suite).key for each in experiments for k in each.evaluated_iterations())
    return hashlib.sha256(canonical([experiments[0].lineage(spec.train.iterations), *evaluations]).encode()).hexdigest()


def _experiments(study: Study, spec: Spec) -> list[Experiment]:
    """The experiment as it is evaluated at each temperature."""
    return [Experiment(at_temperature(spec, each), download=False) for each in study.temperatures]


def at_temperature(spec: Spec, temperature: float) -> Spec:
    return spec.model_copy(update={"evaluate": spec.evaluate.model_copy(update={"temperature": temperature})})


def run_cell(study: Study, planned: PlannedCell, engines: Engines, begun: Callable[[], None]) -> Cell:
    """Trains and evaluates what the store does not have of a cell. `begun` is called once all that other cells of its seed need is in the store."""
    spec, began = planned.loaded.spec, time.monotonic()
    store = Store(spec.store)
    shared = _shared(_experiments(study, spec))
    with contextlib.ExitStack() as ending:
        lock = ending.enter_context(RunLock(store.files, run_name(spec)))
        context = Context(spec, store, engines, lock.check)
        ending.callback(context.close)
        record = RunRecord(context, planned.loaded, quiet=True)
        ending.push(record.stopped)
        had = {step.key for step in shared if store.find(step.stage, step.key) is not None}
        try:
            value(data(context))
            assert context.dataset  # read once, for every temperature
            contexts = [context, *(context.otherwise(at_temperature(spec, each)) for each in study.temperatures[1:])]
            _begin(contexts)
            begun()
            train_run(context, record, replay=True, others=contexts[1:])
        except TerminationSignal:
            store.files.patience.seconds = LAST_PATIENCE_S
            raise
        points = [point for each in contexts for point in _points(each)]
        _name_evaluations(store, study, planned, points)
        steps = _steps(contexts)
        return Cell(
            study=study.name, setting=planned.setting, variant=planned.variant, seed=planned.seed,
            key=cell_key(study, spec), run=context.experiment.run, suite=spec.evaluate.suites[0], iterations=spec.train.iterations,
            start=context.experiment.lineage(0), questions=_questions(context), points=tuple(points), dynamics=dynamics_of(record.rows),
            tokens=sum(int(row["response_tokens"]) for row in record.rows), seconds=round(time.monotonic() - began, 1),
            steps_made=len(steps) - len(had), steps_found=len(had),
            seconds_made=round(_seconds(store, [step for step in steps if step.key not in had]), 1),
            seconds_found=round(_seconds(store, [step for step in steps if step.key in had]), 1),
            host={"machine": platform.machine(), **context.require("train", context.experiment.lineage(spec.train.iterations)).recorded},
        )  # fmt: skip


def _begin(contexts: Sequence[Context]) -> None:
    """Everything that variants of a seed share: data, warm start, its evaluations, the first rollouts and verdicts."""
    context, *_ = contexts
    (suite,) = context.spec.evaluate.suites
    suite_steps(context, suite)
    value(start(context))
    for each in contexts:
        value(evaluate(each, 0, suite))
    value(rollout(context, 0))
    value(judge(context, 0))


def _shared(experiments: Sequence[Experiment]) -> list[Step]:
    """The steps of `_begin`, and data."""
    experiment = experiments[0]
    (suite,) = experiment.spec.evaluate.suites
    problems = experiment.suite(suite)
    once = [experiment.data, *([problems] if problems else []), experiment.contamination(suite), experiment.start]
    return [
        *once,
        *(each.evaluation(0, suite) for each in experiments),
        *experiment.rollouts(0),
        experiment.verdicts(0),
    ]


def _steps(contexts: Sequence[Context]) -> list[Step]:
    """All of a cell's, whichever start of it made them: those of `_shared`, and its own."""
    experiments = [each.experiment for each in contexts]
    (suite,), own = experiments[0].spec.evaluate.suites, experiments[0]
    iterations = range(own.spec.train.iterations)
    steps = [*_shared(experiments), *(own.train(k) for k in iterations), *(own.verdicts(k) for k in iterations[1:])]
    steps += [step for k in iterations[1:] for step in own.rollouts(k)]
    return steps + [each.evaluation(k, suite) for each in experiments for k in each.evaluated_iterations()[1:]]


def _seconds(store: Store, steps: Sequence[Step]) -> float:
    """What steps took when they ran, whoever ran them."""
    manifests = [store.find(step.stage, step.key) for step in steps]
    return sum(float(store.ledger(manifest).get("seconds", 0.0)) for manifest in manifests if manifest is not None)


def _evaluations(context: Context) -> Iterator[tuple[int, Manifest, list[JudgedSample]]]:
    (suite,) = context.spec.evaluate.suites
    for iteration in context.experiment.evaluated_iterations():
        step = context.experiment.evaluation(iteration, suite)
        manifest = context.require(step.stage, step.key)
        yield iteration, manifest, records_of(table.from_bytes(context.store.read(manifest, "samples.parquet")))


def _points(context: Context) -> Iterator[Point]:
    spec = context.spec
    assert spec.evaluate.temperature is not None
    for iteration, manifest, records in _evaluations(context):
        counts, summary = question_counts(records, spec.reward.correct_at).values(), manifest.result
        yield Point(
            iteration=iteration,
            temperature=spec.evaluate.temperature,
            samples=spec.evaluate.samples,
            correct=tuple(each.correct for each in counts),
            judged=tuple(each.judged for each in counts),
            distinct_correct=tuple(each.distinct_correct for each in counts),
            **{name: summary[name] for name in ("entropy", "surprisal", "response_tokens", "coverage")},
            artifact=manifest.key,
        )


def _questions(context: Context) -> tuple[int, str]:
    """How many questions, and which: in the order of their ids."""
    (suite,) = context.spec.evaluate.suites
    names = sorted(each.problem.id for each in context.suite_data(suite).first(context.spec.evaluate.problems).encoded)
    return len(names), hashlib.sha256("\n".join(names).encode()).hexdigest()


def _name_evaluations(store: Store, study: Study, planned: PlannedCell, points: Sequence[Point]) -> None:
    """The record by which `gc` keeps what the run's own does not name: its evaluations at the other temperatures."""
    record = {"run": run_name(planned.loaded.spec), "steps": [f"evaluate/{point.artifact}" for point in points]}
    store.files.write(
        f"studies/{study.name}/{planned.setting}/{planned.variant}.{planned.seed}.json",
        json.dumps(record, indent=1).encode(),
    )
