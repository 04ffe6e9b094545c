"""What a report shows of a run, read from the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from infra.caching import Step
from tasks import table
from tasks.engines.open_run import OpenRun
from tasks.report.build import LastIteration, RunContent
from tasks.report.figures import STAGES
from tasks.run.artifacts import rollouts_of, verdicts_of
from tasks.run.record import RunRecord
from tasks.run.session import Session


def content_of(run: OpenRun, record: RunRecord) -> RunContent:
    """Read what a report shows of a finished run. Raises StoreError where a step is gone."""
    steps: dict[tuple[int | None, str], list[Step]] = defaultdict(list)
    for node in run.experiment.steps():
        steps[node.iteration, node.stage].append(node.step)
    rows = [
        {
            **row,
            **{column: _seconds(run.session, steps[row["iteration"], stage]) for _, stage, column in STAGES},
        }
        for row in record.rows
    ]
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


def _seconds(session: Session, steps: Sequence[Step]) -> float | None:
    """Return the sum of the steps' own seconds, from their ledgers; None where one has none."""
    spent = [session.store.ledger(session.require(step.stage, step.key)).get("seconds") for step in steps]
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
