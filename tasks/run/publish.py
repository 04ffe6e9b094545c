"""Writes an evaluation report, and the results in the layout of other tools, into the store and beside it."""

from __future__ import annotations

import importlib.metadata
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from infra.paths import local_views
from infra.store import Store
from specs.paths import REPOSITORY_ROOT
from tasks.evaluate import harness
from tasks.evaluate.comparison import EvaluatedPolicy
from tasks.report.evaluation.data import EvaluationReport
from tasks.report.evaluation.page import render
from tasks.run.suites import PreparedSuite


def publish(
    store: Store,
    folder: str,
    report: EvaluationReport,
    suites: Mapping[str, PreparedSuite],
    policies: Sequence[EvaluatedPolicy],
    began: float,
) -> str:
    """Write report.html with its data files into `folder` of the store, and the same below the store's local folder.

    Each of `policies` gets a folder in lm-evaluation-harness's layout beside it. Returns the report's URI.
    """
    files: dict[str, bytes] = dict(render(report))
    for policy in policies:
        files |= {f"lm_eval/{name}": text.encode() for name, text in _harness(suites, policy, began).items()}
    for name, data in files.items():
        local = local_views(store.uri) / folder / name
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(data)
        store.files.write(f"{folder}/{name}", data)
    return f"{store.uri}/{folder}/report.html"


def _harness(suites: Mapping[str, PreparedSuite], policy: EvaluatedPolicy, began: float) -> dict[str, str]:
    tasks = []
    for name, evaluation in policy.evaluations.items():
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
                samples=evaluation.samples,
                summary=evaluation.summary,
                correct_at=part["correct_at"],
                generation={
                    key: part[key] for key in ("temperature", "top_p", "max_response_tokens", "samples", "engine")
                },
            )
        )
    dtypes = {str(each.manifest.inputs["part"]["dtype"]) for each in policy.evaluations.values()}
    run = "" if policy.run is None else policy.run.partition("/")[0]
    about = harness.HarnessRun(
        model=(policy.label if policy.label.startswith(run) else f"{run}-{policy.label}").replace(" ", "-"),
        settings={"lineage": policy.lineage, "dtype": ", ".join(sorted(dtypes))},
        seed=policy.seed,
        started=began,
        ended=time.time(),
        git_hash=_commit(),
        versions={name: importlib.metadata.version(name) for name in ("transformers", "torch", "prefect")},
        about={"run": policy.run, "policy": policy.label, "lineage": policy.lineage, "iteration": policy.iteration},
    )
    return harness.files(about, tasks, datetime.now(UTC).replace(tzinfo=None))


def _commit() -> str | None:
    """Return Armature's own commit, where it lies in a repository."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None
