"""What a night and a comparison share: suites made ready, and a policy evaluated on each of them."""

from __future__ import annotations

from infra.termination import termination
from tasks.engines.open_run import OpenRun
from tasks.evaluate.comparison import EvaluatedPolicy
from tasks.evaluate.sampling import SampleSource
from tasks.run.suites import PreparedSuite, evaluated, prepared
from tasks.stage import value
from tasks.stages import evaluate, suite_steps


def prepare_suites(run: OpenRun) -> dict[str, PreparedSuite]:
    """Make the suites of the spec ready, in its order."""
    return {name: prepared(run, name, *suite_steps(run, name)) for name in run.experiment.suites}


def evaluate_suites(
    run: OpenRun,
    lineage: str,
    label: str,
    iteration: int | None = None,
    name: str | None = None,
    source: SampleSource | None = None,
) -> EvaluatedPolicy:
    """Evaluate a policy on each suite of the spec.

    `iteration` and `name` are of the run that made it. `source` is a server that has it; None for the rollout engine.
    """
    manifests = {}
    for suite in run.experiment.suites:
        termination.check()
        manifests[suite] = value(evaluate(run, label, suite, lineage, source))
    return evaluated(run, label, iteration, lineage, manifests, name)
