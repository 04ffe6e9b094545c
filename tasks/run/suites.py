"""Suites made ready for an evaluation: their steps, their problems, and what a report says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.store import Manifest
from tasks.engines.open_run import OpenRun
from tasks.evaluate.comparison import EvaluatedPolicy, StoredEvaluation
from tasks.evaluate.metrics.paired import PairedComparison
from tasks.evaluate.problems import SuiteData
from tasks.report.evaluation.build import suite_about, suite_result
from tasks.report.evaluation.data import SuiteResult


@dataclass(frozen=True)
class PreparedSuite:
    """A suite in the store, and its `problems` that are evaluated. `manifest` is None for a run's held-out problems."""

    name: str
    manifest: Manifest | None
    contamination: Manifest
    problems: SuiteData
    whole: int
    about: Mapping[str, str]

    def result(
        self, policies: Sequence[EvaluatedPolicy], comparisons: Sequence[tuple[str, str, PairedComparison]]
    ) -> SuiteResult:
        """Return what a report shows of it under each of `policies`, base first."""
        return suite_result(self.name, policies, comparisons, self.problems, self.about)


def prepared(run: OpenRun, name: str, manifest: Manifest | None, contamination: Manifest) -> PreparedSuite:
    """Return a suite whose steps are in the store."""
    whole = run.problems(name)
    problems = whole.first(run.spec.evaluate.problems)
    about = suite_about(manifest, contamination, run.experiment.sampling(name), len(problems.facts))
    return PreparedSuite(name, manifest, contamination, problems, len(whole.facts), about)


def evaluated(
    run: OpenRun, label: str, iteration: int | None, lineage: str, manifests: Mapping[str, Manifest], name: str | None
) -> EvaluatedPolicy:
    """Return a policy with its evaluations by suite. `iteration` and `name` are of its run, None where it is no run's.

    `run` is what it was evaluated by.
    """
    evaluations = {suite: StoredEvaluation(run.store, manifest) for suite, manifest in manifests.items()}
    return EvaluatedPolicy(label, iteration, lineage, evaluations, name, run.spec.seed)
