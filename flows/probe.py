"""Iteration 0 of a spec, looked at before the whole costs anything: `armature probe specs/quickstart.yaml`.

Its steps are those of the run, which takes them from the store. The training step is made too, since nothing else
tells how long the run will take and whether it fits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prefect import flow

from flows.arm_train import spec_path
from infra import prefect_runtime
from infra.lease import RunLock
from infra.store import Manifest, Store
from infra.termination import termination
from specs.load import Loaded, load_spec
from tasks.checkpoint.weights import TRAIN_STAGE
from tasks.data.preview import end_names
from tasks.engines.engines import Engines
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import Experiment
from tasks.report.probe.cost import Cost
from tasks.report.probe.numbers import probe_numbers
from tasks.report.probe.text import Sample, render
from tasks.reward.responses import ResponseTexts
from tasks.run.artifacts import rollouts_of, verdicts_of
from tasks.run.record import RunRecord
from tasks.run.session import Session
from tasks.run_files import run_record
from tasks.stage import value
from tasks.stages import prepare, remake_start, reward, rollout, start, suite_steps, train
from tasks.train.trial import try_own_code


@flow(name="arm-probe", flow_run_name="{spec}", validate_parameters=True)
def arm_probe(spec: str, overrides: list[str] | None = None) -> str:
    """Run iteration 0 of the experiment of the file `spec`, and return what there is to see of it as text."""
    loaded = load_spec(spec_path(spec), overrides or [])
    with prefect_runtime.flow_body():
        return probe(loaded)


def probe(loaded: Loaded) -> str:
    """Make iteration 0 of an experiment, or find it in the store, and return the text of what it shows."""
    spec, store = loaded.spec, Store(loaded.spec.store)
    with contextlib.ExitStack() as ending:
        engines = Engines(spec)
        ending.callback(engines.close)
        experiment = Experiment(spec, store=store)
        lock = ending.enter_context(RunLock(store.files, experiment.run))
        session = Session(store, lock.check)
        ending.callback(session.close)
        run = OpenRun(spec, session, engines, remake_start, experiment)
        ending.callback(run.close)
        record = RunRecord(session, experiment, loaded)
        ending.push(record.stopped)
        if new := not _went_on(experiment, store):
            record.begin()
        steps, memory = _iteration_0(run, record)
        text = _text(run, steps, memory)
        if new:
            record.pause("probed: armature train goes on from here")
    return text


def _went_on(experiment: Experiment, store: Store) -> bool:
    """Return whether the run has its iteration 0 already: what its record says of later ones then stays."""
    trained = store.find(TRAIN_STAGE, experiment.lineage(1)) is not None
    return trained and run_record(store, experiment.run) is not None


def _iteration_0(run: OpenRun, record: RunRecord) -> tuple[dict[str, list[Manifest]], dict[str, int]]:
    """Return the steps of iteration 0 by stage, and the most bytes that each engine's processes held."""
    steps, memory = {"data": [prepare(run)]}, dict[str, int]()
    record.data(steps["data"][0])
    for name in run.experiment.suites:
        record.suite(name, *suite_steps(run, name))
    try_own_code(run.spec)
    stages: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("start", lambda: start(run)),
        ("rollout", lambda: rollout(run, 0)),
        ("reward", lambda: reward(run, 0)),
        ("train", lambda: train(run, 0)),
    )
    for name, make in stages:
        termination.check()
        made = value(make())
        steps[name] = made if isinstance(made, list) else [made]
        held = {"trainer": run.engines.trainer.peak_bytes, "rollout engine": run.engines.rollout.peak_bytes}
        memory |= {engine: size for engine, size in held.items() if size > memory.get(engine, 0)}
    return steps, memory


def _text(run: OpenRun, steps: Mapping[str, Sequence[Manifest]], memory: Mapping[str, int]) -> str:
    spec, experiment, dataset = run.spec, run.experiment, run.dataset
    rollouts = rollouts_of(run.session, [each.key for each in steps["rollout"]])
    verdicts = verdicts_of(run.session, steps["reward"][0].key)
    problems = [dataset.by_id[each.problem_id] for each in rollouts]
    responses = [(problem, each.response_ids) for problem, each in zip(problems, rollouts, strict=True)]
    texts = ResponseTexts(dataset.tokenizer).of(responses)
    ledgers = {name: [run.store.ledger(each) for each in made] for name, made in steps.items()}
    asked = sum(len(run.problems(name).first(spec.evaluate.problems).encoded) for name in experiment.suites)
    return render(
        spec,
        str(dataset.tokenizer.decode(list(problems[0].prompt_ids))),
        end_names(dataset.tokenizer, experiment.end_tokens),
        [Sample(*each) for each in zip(rollouts, verdicts, texts, strict=True)],
        probe_numbers(rollouts, verdicts, spec.reward.correct_at),
        Cost(
            seconds={name: sum(float(each.get("seconds", 0.0)) for each in made) for name, made in ledgers.items()},
            tokens=len(rollouts.responses.values),
            responses=len(rollouts),
            evaluated=asked * spec.evaluate.samples * len(experiment.evaluated_iterations()),
        ),
        memory,
    )
