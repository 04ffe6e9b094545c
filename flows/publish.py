"""An evaluation report and the results that other tools read, into the store and beside it."""

from __future__ import annotations

import importlib.metadata
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from flows.evaluations import Suite
from infra.paths import HOME, ROOT
from tasks.context import Context
from tasks.evaluate import harness
from tasks.evaluate.judged_sample import records_of
from tasks.evaluate.sides import Side
from tasks.report.evaluation.data import EvaluationReport
from tasks.report.evaluation.page import render


def publish(
    context: Context,
    folder: str,
    report: EvaluationReport,
    suites: Mapping[str, Suite],
    sides: Sequence[Side],
    began: float,
) -> str:
    """Writes `folder` of the store, and the same below `.armature`: report.html with its data files, and for each of `sides` a folder in
    lm-evaluation-harness's layout. Returns the report's URI."""
    files: dict[str, bytes] = dict(render(report))
    for side in sides:
        files |= {f"lm_eval/{name}": text.encode() for name, text in _harness(suites, side, began).items()}
    for name, data in files.items():
        local = HOME / folder / name
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(data)
        context.store.files.write(f"{folder}/{name}", data)
    return f"{context.store.uri}/{folder}/report.html"


def _harness(suites: Mapping[str, Suite], side: Side, began: float) -> dict[str, str]:
    tasks = []
    for name, evaluation in side.evaluations.items():
        suite, part = suites[name], evaluation.manifest.inputs["part"]
        tasks.append(
            harness.Task(
                name=name,
                version=evaluation.manifest.inputs["data"][:12],
                origin=suite.about["source"],
                original=suite.whole,
                documents=[
                    harness.Document(
                        each.problem,
                        each.question,
                        {"level": each.level, "subject": each.subject, "source": each.source},
                    )
                    for each in suite.problems.facts
                ],
                samples=records_of(evaluation.rows),
                summary=evaluation.summary,
                correct_at=part["correct_at"],
                generation={
                    key: part[key] for key in ("temperature", "top_p", "max_response_tokens", "samples", "engine")
                },
            )
        )
    dtypes = {str(each.manifest.inputs["part"]["dtype"]) for each in side.evaluations.values()}
    run = "" if side.run is None else side.run.partition("/")[0]
    about = harness.HarnessRun(
        model=(side.label if side.label.startswith(run) else f"{run}-{side.label}").replace(" ", "-"),
        settings={"lineage": side.lineage, "dtype": ", ".join(sorted(dtypes))},
        seed=side.seed,
        started=began,
        ended=time.time(),
        git_hash=_commit(),
        versions={name: importlib.metadata.version(name) for name in ("transformers", "torch", "prefect")},
        about={"run": side.run, "policy": side.label, "lineage": side.lineage, "iteration": side.iteration},
    )
    return harness.files(about, tasks, datetime.now(UTC).replace(tzinfo=None))


def _commit() -> str | None:
    """Armature's own commit, where it lies in a repository."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None
