"""What a report shows of a run, read from the store."""

from __future__ import annotations

from collections.abc import Sequence

from tasks import table
from tasks.engines.open_run import OpenRun
from tasks.report.build import LastIteration, RunContent
from tasks.run.artifacts import rollouts_of, verdicts_of
from tasks.run.record import RunRecord
from tasks.run.session import Session

#: Column of a report -> the stage whose seconds it shows, and where a metrics row names the stage's steps.
_STAGES = {"seconds_rollout": "rollout", "seconds_judge": "verdict", "seconds_train": "train"}


def content_of(run: OpenRun, record: RunRecord) -> RunContent:
    """Read what a report shows of a finished run. Raises StoreError where a step is gone."""
    rows = []
    for row in record.rows:
        named = row["artifacts"]
        keys = {"rollout": named["rollouts"], "verdict": [named["verdicts"]], "train": [row["artifact"]]}
        seconds = {column: _seconds(run.session, stage, keys[stage]) for column, stage in _STAGES.items()}
        rows.append({**row, **seconds})
    source = run.experiment.source
    return RunContent(
        name=record.name,
        spec=run.spec,
        loaded=record.loaded,
        store=run.store.uri,
        forked_from=None if source is None else str(source),
        dataset=run.dataset,
        suites=run.experiment.suites,
        rows=rows,
        evaluations=record.evaluations,
        last=_last_iteration(run),
    )


def _seconds(session: Session, stage: str, keys: Sequence[str]) -> float | None:
    """Return the sum of the steps' own seconds, from their ledgers; None where one has none."""
    spent = [session.store.ledger(session.require(stage, key)).get("seconds") for key in keys]
    return None if None in spent else float(sum(s for s in spent if s is not None))


def _last_iteration(run: OpenRun) -> LastIteration:
    number = run.spec.train.iterations - 1
    step = run.experiment.train(number)
    manifest = run.session.require(step.stage, step.key)
    return LastIteration(
        number=number,
        artifact=manifest.key,
        rollouts=rollouts_of(run.session, step.inputs["rollouts"]),
        verdicts=verdicts_of(run.session, step.inputs["verdicts"]),
        terms=table.from_bytes(run.store.read(manifest, "responses.parquet")),
    )
