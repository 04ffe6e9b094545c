"""The numbers that are kept of a study's cell, from its evaluations in the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tasks.engines.open_run import OpenRun
from tasks.evaluate.judged_sample import from_bytes
from tasks.evaluate.summary import question_counts
from tasks.graph.experiment import Experiment
from tasks.study.cells import Point


def points_of(run: OpenRun, experiment: Experiment) -> Iterator[Point]:
    """Yield a point for each evaluation of the run at the temperature of `experiment`."""
    spec = experiment.spec
    assert spec.evaluate.temperature is not None
    (suite,) = experiment.suites
    for iteration in experiment.evaluated_iterations():
        step = experiment.evaluation(iteration, suite)
        manifest = run.session.require(step.stage, step.key)
        records = from_bytes(run.store.read(manifest, "samples.parquet"))
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


def questions_of(run: OpenRun) -> tuple[int, str]:
    """Return how many questions there are, and the digest of their ids in order."""
    (suite,) = run.experiment.suites
    names = sorted(each.problem.id for each in run.problems(suite).first(run.spec.evaluate.problems).encoded)
    return len(names), hashlib.sha256("\n".join(names).encode()).hexdigest()
