"""From what the store has of some runs to what their report shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from infra.store import Manifest
from specs.load import describe
from tasks import table
from tasks.data.encode import decode
from tasks.report.data import Column, Group, ReportData, Response, RunCurves

if TYPE_CHECKING:
    from tasks.context import Context
    from tasks.runs import RunRecord

GROUPS = 16  # problems of the last iteration in the browser, of each run
LABELS = {
    "arm": "ARM",
    "grpo": "GRPO",
    "dr_grpo": "Dr. GRPO",
    "rloo": "RLOO",
    "reinforce_pp_baseline": "REINFORCE++-baseline",
    "pass_at_k": "Pass@k training",
}


def build(runs: Sequence[tuple[Context, RunRecord]]) -> ReportData:
    """The last run is the experiment, those before it its controls; all began with one policy, which is the first column."""
    context, record = runs[-1]
    labels = _labels([each for each, _ in runs])
    loaded = record.loaded
    return ReportData(
        title=f"{context.spec.name}: {' and '.join(labels)} from one start" if len(runs) > 1 else context.spec.name,
        subtitle={
            "run": ", ".join(each.experiment.run for each, _ in runs),
            "store": context.store.uri,
            "iterations": str(context.spec.train.iterations),
            "seed": str(context.spec.seed),
            **({"went on from": str(context.experiment.source)} if context.experiment.source else {}),
        },
        spec_yaml=loaded.text,
        deviations=describe(loaded),
        runs=tuple(_curves(*run, label) for run, label in zip(runs, labels, strict=True)),
        evaluations=tuple(columns(runs)),
        groups=tuple(group for (each, _), label in zip(runs, labels, strict=True) for group in _groups(each, label)),
        correct_at=context.spec.reward.correct_at,
    )


def columns(runs: Sequence[tuple[Context, RunRecord]]) -> list[Column]:
    """Start, then each run's end, on the first suite."""
    labels = _labels([each for each, _ in runs])
    suites = runs[-1][0].spec.evaluate.suites
    if not suites:
        return []

    def column(label: str, record: RunRecord, iteration: int) -> Column:
        row = next(r for r in record.evaluations if r["iteration"] == iteration and r["suite"] == suites[0])
        return Column(label, row, row["artifact"])

    return [
        column("start", runs[-1][1], 0),
        *(
            column(label, record, each.spec.train.iterations)
            for (each, record), label in zip(runs, labels, strict=True)
        ),
    ]


def _labels(contexts: Sequence[Context]) -> list[str]:
    """The estimators' names where they tell the runs apart, else the runs' own names."""
    labels = [LABELS[context.spec.advantage.estimator] for context in contexts]
    return labels if len(set(labels)) == len(labels) else [context.spec.name for context in contexts]


def _curves(context: Context, record: RunRecord, label: str) -> RunCurves:
    rows = []
    for row in record.rows:
        keys = {
            "rollout": row["artifacts"]["rollouts"],
            "verdict": [row["artifacts"]["verdicts"]],
            "train": [row["artifact"]],
        }
        seconds = {name: _seconds(context, stage, keys[stage]) for name, stage in _STAGES.items()}
        rows.append({**{k: v for k, v in row.items() if isinstance(v, int | float | str) or v is None}, **seconds})
    return RunCurves(context.experiment.run, label, tuple(rows))


_STAGES = {"seconds_rollout": "rollout", "seconds_judge": "verdict", "seconds_train": "train"}


def _seconds(context: Context, stage: str, keys: Sequence[str]) -> float | None:
    """Sum of the steps' own seconds, from their ledgers; None where one has none."""
    spent = [context.store.ledger(context.require(stage, key)).get("seconds") for key in keys]
    return None if None in spent else float(sum(s for s in spent if s is not None))


def _groups(context: Context, label: str) -> list[Group]:
    """The first problems of the last iteration, with ARM's terms for each response."""
    last = context.spec.train.iterations - 1
    step = context.experiment.train(last)
    manifest: Manifest = context.require(step.stage, step.key)
    rollouts, verdicts = context.rollouts(step.inputs["rollouts"]), context.verdicts(step.inputs["verdicts"])
    terms: list[dict[str, Any]] = table.from_bytes(context.store.read(manifest, "responses.parquet"))
    groups: dict[str, list[Response]] = {}
    prompts: dict[str, float | None] = {}
    for rollout, verdict, term in zip(rollouts, verdicts, terms, strict=True):
        if rollout.problem_id not in groups and len(groups) == GROUPS:
            break
        prompts.setdefault(rollout.problem_id, term["c_q"])
        groups.setdefault(rollout.problem_id, []).append(
            Response(
                text=decode(rollout.response_ids, context.dataset.tokenizer),
                score=verdict.score,
                kind=str(verdict.kind),
                detail=verdict.detail,
                base=term["base"],
                bonus=term["bonus"],
                advantage=term["advantage"],
                c_o=term["c_o"],
                tokens=len(rollout.response_ids),
                log_prob_mean=term["log_prob_mean"],
                entropy=term["entropy"],
                finish_reason=str(rollout.finish_reason),
            )
        )
    problems = context.dataset.by_id
    return [
        Group(
            run=label,
            iteration=last,
            problem_id=name,
            prompt="\n".join(message["content"] for message in problems[name].problem.prompt),
            solutions=problems[name].problem.solutions,
            c_q=prompts[name],
            artifact=manifest.key,
            responses=tuple(responses),
        )
        for name, responses in groups.items()
    ]
