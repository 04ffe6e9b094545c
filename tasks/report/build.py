"""A run's report: from the values of some runs to what the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specs.load import Loaded, describe
from specs.schema import Spec
from tasks.data.dataset import Dataset
from tasks.records import Rollout, Verdict
from tasks.report.data import Column, Group, ReportData, Response, RunCurves
from tasks.reward.responses import ResponseTexts
from tasks.train.catalogue import entry_of

GROUPS = 16  # problems of the last iteration in the browser, of each run


@dataclass(frozen=True)
class LastIteration:
    """The last iteration of a run: its responses in order, and the row that training wrote of each."""

    number: int
    artifact: str
    rollouts: Sequence[Rollout]
    verdicts: Sequence[Verdict]
    terms: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class RunContent:
    """Content of one run that a report reads.

    `rows` are its metrics with seconds by stage, an iteration each; `evaluations` its summaries, each with
    `iteration`, `suite` and `artifact`.
    """

    name: str
    spec: Spec
    loaded: Loaded
    store: str
    forked_from: str | None
    dataset: Dataset
    suites: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    evaluations: Sequence[Mapping[str, Any]]
    last: LastIteration


def build(runs: Sequence[RunContent]) -> ReportData:
    """Return the report of the last run.

    Those before it are its controls; all began with one policy, its first column.
    """
    run = runs[-1]
    labels = _labels(runs)
    title = f"{run.spec.name}: {' and '.join(labels)} from one start" if len(runs) > 1 else run.spec.name
    return ReportData(
        title=title,
        subtitle={
            "run": ", ".join(each.name for each in runs),
            "store": run.store,
            "iterations": str(run.spec.train.iterations),
            "seed": str(run.spec.seed),
            **({"went on from": run.forked_from} if run.forked_from else {}),
        },
        spec_yaml=run.loaded.text,
        deviations=describe(run.loaded),
        runs=tuple(RunCurves(each.name, label, _plain(each.rows)) for each, label in zip(runs, labels, strict=True)),
        evaluations=tuple(columns(runs)),
        groups=tuple(group for each, label in zip(runs, labels, strict=True) for group in _groups(each, label)),
        correct_at=run.spec.reward.correct_at,
    )


def columns(runs: Sequence[RunContent]) -> list[Column]:
    """Return the start, then each run's end, on the first suite."""
    if not runs[-1].suites:
        return []
    suite = runs[-1].suites[0]

    def column(label: str, run: RunContent, iteration: int) -> Column:
        row = next(r for r in run.evaluations if r["iteration"] == iteration and r["suite"] == suite)
        return Column(label, row, row["artifact"])

    ends = [column(label, run, run.spec.train.iterations) for run, label in zip(runs, _labels(runs), strict=True)]
    return [column("start", runs[-1], 0), *ends]


def _labels(runs: Sequence[RunContent]) -> list[str]:
    """Return the estimators' labels where they tell the runs apart, else the runs' own names."""
    labels = [entry_of(run.spec.advantage).label for run in runs]
    return labels if len(set(labels)) == len(labels) else [run.spec.name for run in runs]


def _plain(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, float | int | str | None], ...]:
    """Return the rows without what is no number or text."""
    return tuple({k: v for k, v in row.items() if isinstance(v, int | float | str) or v is None} for row in rows)


def _detail(verdict: Verdict) -> str:
    """Return what is known of a verdict besides numbers: its detail, failed terms, what own functions logged."""
    others = (f"{name}: {text}" for name, text in (*verdict.failed.items(), *verdict.extra.items()))
    return "; ".join(text for text in (verdict.detail, *others) if text)


def _groups(run: RunContent, label: str) -> list[Group]:
    """Return the first problems of the last iteration, with the terms of each response's advantage."""
    groups: dict[str, list[Response]] = {}
    prompts: dict[str, float | None] = {}
    last, texts = run.last, ResponseTexts(run.dataset.tokenizer)
    terms = {(term["problem_id"], term["sample"]): term for term in last.terms}
    for rollout, verdict in zip(last.rollouts, last.verdicts, strict=True):
        term = terms.get((rollout.problem_id, rollout.sample))
        if term is None:  # drawn, and not trained: dynamic sampling
            continue
        if rollout.problem_id not in groups and len(groups) == GROUPS:
            break
        prompts.setdefault(rollout.problem_id, term["c_q"])
        response = Response(
            text=texts.of([(run.dataset.by_id[rollout.problem_id], rollout.response_ids)])[0],
            score=verdict.score,
            kind=str(verdict.kind),
            detail=_detail(verdict),
            base=term["base"],
            bonus=term["bonus"],
            advantage=term["advantage"],
            c_o=term["c_o"],
            tokens=len(rollout.response_ids),
            log_prob_mean=term["log_prob_mean"],
            entropy=term["entropy"],
            finish_reason=str(rollout.finish_reason),
            terms=verdict.terms,
        )
        groups.setdefault(rollout.problem_id, []).append(response)
    problems = run.dataset.by_id
    return [
        Group(
            run=label,
            iteration=last.number,
            problem_id=name,
            prompt="\n".join(message["content"] for message in problems[name].problem.prompt),
            solutions=problems[name].problem.solutions,
            c_q=prompts[name],
            artifact=last.artifact,
            responses=tuple(responses),
        )
        for name, responses in groups.items()
    ]
