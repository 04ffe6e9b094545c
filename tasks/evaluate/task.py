"""The evaluation stage's Prefect tasks: a suite's problems, their overlap with the training problems, and a policy's samples of them in numbers."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from prefect import task

from infra.caching import Step
from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from infra.termination import termination
from tasks import table
from tasks.data.contamination import TrainingTexts
from tasks.data.contamination import contamination as overlap
from tasks.evaluate.judged import judged_rows
from tasks.evaluate.judged_sample import records_of
from tasks.evaluate.problems import question_of, to_bytes
from tasks.evaluate.samples import SampleSet
from tasks.evaluate.sampling import Source, draw, missing
from tasks.evaluate.suites.load import load_suite
from tasks.evaluate.summary import summarise

if TYPE_CHECKING:
    from tasks.context import Context

VERSION = 2  # of an evaluation; raise it when the same inputs would give another payload
SUITE_VERSION = 1
CONTAMINATION_VERSION = 1

log = logging.getLogger("armature")


@task(name="suite", task_run_name="suite {name}", **TASK_OPTIONS)
def suite(context: Context, name: str) -> Manifest | Any:
    """A suite's problems, as they were declared and counted. Not for the held-out ones, which the data step has."""
    step = context.experiment.suite(name)
    assert step is not None, name
    if (hit := context.find(step)) is not None:
        return cached(hit)
    started = time.monotonic()
    loaded = load_suite(name, context.stand_ins)
    result = {
        "label": loaded.label, "origin": loaded.origin, "revision": loaded.revision, "differs": loaded.differs, "licence": loaded.suite.licence,
        "digest": loaded.digest,
    }  # fmt: skip
    payload = {"problems.jsonl": to_bytes(loaded.problems)}
    return context.commit(
        step, payload, kind="rows", rows=len(loaded.problems), result=result, seconds=time.monotonic() - started
    )


@task(name="contamination", task_run_name="contamination {name}", **TASK_OPTIONS)
def contamination(context: Context, name: str) -> Manifest | Any:
    """Which problems of a suite the training problems hold. Their texts are compared, no policy."""
    step = context.experiment.contamination(name)
    if (hit := context.find(step)) is not None:
        return cached(hit)
    started = time.monotonic()
    training = TrainingTexts.of(
        context.spec.data.train, ((p.problem.id, question_of(p.problem)) for p in context.dataset.train)
    )
    found = overlap(name, context.suite_data(name).questions, [training]).to_json()
    return context.commit(
        step, {}, kind="metrics", rows=len(found["findings"]), result=found, seconds=time.monotonic() - started
    )


@task(name="evaluate", task_run_name="evaluate {iteration} {suite}", **TASK_OPTIONS)
def evaluate(context: Context, iteration: int, suite: str) -> Manifest | Any:
    """Samples of a suite from the policy after `iteration` iterations, judged and summarised."""
    return _evaluated(context, context.experiment.lineage(iteration), suite)


@task(name="evaluate", task_run_name="evaluate {label} {suite}", **TASK_OPTIONS)
def evaluate_policy(
    context: Context, lineage: str, suite: str, label: str, source: Source | None = None
) -> Manifest | Any:
    """Samples of a suite from any policy, judged and summarised. `source`: a server that has it; None: the rollout engine loads it."""
    return _evaluated(context, lineage, suite, source)


def _evaluated(context: Context, lineage: str, suite: str, source: Source | None = None) -> Manifest | Any:
    step = context.experiment.evaluation_of(lineage, suite, served=source is not None)
    if (hit := context.find(step)) is not None:
        return cached(hit)
    started = time.monotonic()
    part = step.inputs["part"]
    problems = context.suite_data(suite).first(part["problems"])
    context.judge.start(each.problem for each in problems.encoded)
    samples = SampleSet(context.store.files, context.experiment.sample_set(step))
    stored = samples.read()
    if missing(stored, problems.encoded, part["samples"]):
        if stored:
            log.info("evaluation on %s goes on: %d samples are in the store", suite, len(stored))
        if (
            source is None
        ):  # only now: an engine has to be started, and training steps to be repeated where weights were not kept
            context.engine_for(lineage)
            source = context.roller
        draw(
            source,
            samples,
            stored,
            problems.encoded,
            part["samples"],
            part,
            suite,
            context.dataset.stop_token_ids,
            lambda: _between(context),
        )
    rows = judged_rows(
        context.judge,
        problems,
        stored,
        part["samples"],
        context.dataset.tokenizer,
        context.spec.reward.max_not_judged_share,
        suite,
    )
    return _commit(context, step, rows, time.monotonic() - started)


def _between(context: Context) -> None:
    termination.check()
    context.still_ours()


def _commit(context: Context, step: Step, rows: Sequence[dict[str, Any]], seconds: float) -> Manifest:
    summary = summarise(records_of(rows), step.inputs["part"]["correct_at"]).to_json()
    payload = {"samples.parquet": table.to_bytes(rows, table.SAMPLES)}
    return context.commit(step, payload, kind="rows", rows=len(rows), result=summary, seconds=seconds)
